// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/class_spec.h"
#include "client/load/fail_on.h"
#include "client/load/load_options.h"
#include "client/parsed_command_line.h"

namespace omserve::client {

// What a user of omserve-loadtest asked for.
struct LoadCommand {
  LoadOptions options;
  // What the classes share; itself the only class without --mix and --scenario.
  ClassSpec base;
  std::string mix;       // --mix's text; empty: none
  std::string scenario;  // a file; empty: none
  FailOn fail_on;
  std::string records;  // a file to write; empty: none
  bool json = false;
  bool progress = true;
};

// The classes that the command describes. The status of reading the scenario or parsing the mix,
// with the option's name. Thread-safe.
absl::StatusOr<std::vector<ClassSpec>> ClassesOf(const LoadCommand& command);

// Reads a command line and, for --server, the environment variable OMSERVE_SERVER. Never throws,
// never exits. Thread-compatible: the environment must not change meanwhile.
ParsedCommandLine<LoadCommand> ParseLoadCommandLine(int argc, const char* const* argv);

}  // namespace omserve::client
