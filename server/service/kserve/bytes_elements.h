// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace omserve::kserve {

// Elements of a BYTES tensor in raw contents: each behind its length, 4 bytes little-endian.

// The elements, which point into 'raw'. INVALID_ARGUMENT, beginning with 'field', when there are
// not exactly 'count' of them that fill 'raw'.
absl::StatusOr<std::vector<std::string_view>> ReadElements(std::string_view raw, int64_t count,
                                                           std::string_view field);

void AppendElement(std::string_view element, std::string& raw);

}  // namespace omserve::kserve
