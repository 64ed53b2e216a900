// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>

#include "client/command_line.h"

namespace omserve::client {

// Runs one command of omserve-client: answers go to 'out', complaints and advice to 'err', progress
// to standard error. Returns the exit status: 0, or 1 if a file failed, the server did not answer
// or is not healthy. A file that fails does not stop the others. Blocks; single-thread.
int RunClientCommand(const ClientCommand& command, std::ostream& out, std::ostream& err);

}  // namespace omserve::client
