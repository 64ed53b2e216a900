// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/load/class_spec.h"
#include "client/load/fail_on.h"
#include "client/load/load_options.h"
#include "client/load/scenario.h"
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
  std::string json_file;     // to write; empty: none
  std::string html;          // to write; empty: none
  double stable_within = 0;  // of mean and p99, for exit status 0; 0: whatever
  bool progress = true;
};

// The classes that the command describes, and what is to happen meanwhile. The status of reading
// the scenario or parsing the mix, with the option's name. Thread-safe.
absl::StatusOr<Scenario> ScenarioOf(const LoadCommand& command);

// Reads a command line and, for --server, the environment variable OMSERVE_SERVER. Never throws,
// never exits. Thread-compatible: the environment must not change meanwhile.
ParsedCommandLine<LoadCommand> ParseLoadCommandLine(int argc, const char* const* argv);

}  // namespace omserve::client
