// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/class_spec.h"
#include "client/load/run_event.h"

namespace omserve::client {

// What a load consists of, and what happens meanwhile.
struct Scenario {
  std::vector<ClassSpec> classes;
  std::vector<RunEvent> events;  // by time
};

// {"classes": [{...}, ...], "events": [{...}, ...]}; client/README.md lists the members. What a
// class leaves out is as in 'base'; names of pictures are relative to 'folder'. INVALID_ARGUMENT
// names the class or event and the member. Thread-safe.
absl::StatusOr<Scenario> ParseScenario(const std::string& json, const ClassSpec& base,
                                       const std::string& folder);

}  // namespace omserve::client
