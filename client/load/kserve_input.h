// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace omserve::client {

// One input tensor of a ModelInfer of KServe v2.
struct KserveInput {
  std::string name;
  std::string datatype;        // FP32, UINT8, BYTES, ...
  std::vector<int64_t> shape;  // each 0 or more
  // What BYTES elements hold: requests take these by turns, all elements of one the same. Empty:
  // numbers made up, the same in every run; an empty text for BYTES.
  std::vector<std::string> texts;
};

// "NAME:TYPE:1x256". INVALID_ARGUMENT otherwise. Thread-safe.
absl::StatusOr<KserveInput> ParseKserveInput(const std::string& text);

// [{"name", "datatype", "shape": [...], "texts": [...]}, ...]. INVALID_ARGUMENT. Thread-safe.
absl::StatusOr<std::vector<KserveInput>> ReadKserveInputs(const nlohmann::json& document);

// The raw contents of request 'number': little-endian, row-major; BYTES behind its length in 4
// bytes. Floating-point numbers are in [0.5, 1), whole ones 0 to 99. INVALID_ARGUMENT: a type that
// is not known, or over 1 GiB. Thread-safe.
absl::StatusOr<std::string> RawContents(const KserveInput& input, uint64_t number);

}  // namespace omserve::client
