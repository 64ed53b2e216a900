// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "client/client_commands.h"
#include "client/command_line.h"

int main(int argc, char** argv) {
  const auto parsed = omserve::client::ParseClientCommandLine(argc, argv);
  if (!parsed.command.has_value()) {
    (parsed.exit_status == 0 ? std::cout : std::cerr) << parsed.text;
    return parsed.exit_status;
  }
  return omserve::client::RunClientCommand(*parsed.command, std::cout, std::cerr);
}
