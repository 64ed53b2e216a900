// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/load/load_options.h"
#include "client/load/load_run.h"

namespace omserve::client {

// What a report tells, besides the result: how the load was made.
struct LoadHead {
  LoadOptions options;
  std::vector<ClassSpec> classes;
};

// The document of --json; client/README.md holds its schema. Thread-safe.
nlohmann::json LoadJson(const LoadHead& head, const LoadResult& result);
// Tables for people, with a line feed at the end. Thread-safe.
std::string LoadText(const LoadHead& head, const LoadResult& result);

}  // namespace omserve::client
