// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace omserve {

// A program to run beside this one.
struct ChildCommand {
  std::vector<std::string> arguments;  // the first is its path, or a name on the PATH
  // Set in its environment, over ours; an empty value takes the variable out.
  std::vector<std::pair<std::string, std::string>> variables;
  std::string output;                       // file for its standard output and error
  absl::Duration limit = absl::Minutes(5);  // then it is killed
};

// Runs it to its end: its exit status, 128 + N when signal N ended it. Errors: UNAVAILABLE (cannot
// be started), DEADLINE_EXCEEDED (it was killed). Blocks.
absl::StatusOr<int> RunChild(const ChildCommand& command);

}  // namespace omserve
