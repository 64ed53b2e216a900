// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "client/command_line.h"

namespace omserve::client {

// Runs load, unload, reload, stats or models --all against command.control, a server's control
// listener. The answer goes to 'out', complaints and advice to 'err'. Returns the exit status: 0,
// or 1 if the server refused or did not answer. Blocks; single-thread.
int RunControlCommand(const ClientCommand& command, std::ostream& out, std::ostream& err);

}  // namespace omserve::client
