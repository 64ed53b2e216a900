// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/load/class_spec.h"

namespace omserve::client {

// Class 'number' of a scenario; client/README.md lists the members. What it leaves out is as in
// 'base'; names of pictures are relative to 'folder'. INVALID_ARGUMENT names the class and the
// member. Thread-safe.
absl::StatusOr<ClassSpec> ReadClass(const nlohmann::json& document, const ClassSpec& base,
                                    const std::string& folder, size_t number);

// INVALID_ARGUMENT: what a class lacks, or has in vain; the text goes on behind its name.
absl::Status CheckClass(const ClassSpec& spec);

}  // namespace omserve::client
