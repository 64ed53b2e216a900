// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>

#include "client/load/load_command_line.h"

namespace omserve::client {

// The options that say what is sent: --images to --scenario, and what describes one request. Both
// must outlive the parsing.
void AddClassOptions(CLI::App& app, LoadCommand* command);

}  // namespace omserve::client
