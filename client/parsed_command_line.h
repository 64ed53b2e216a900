// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace omserve::client {

// A command, or (for --help and for mistakes) a text to print and a status to exit with.
template <typename Command>
struct ParsedCommandLine {
  std::optional<Command> command;
  int exit_status = 0;  // 0: 'text' goes to standard output; else to standard error
  std::string text;
};

}  // namespace omserve::client
