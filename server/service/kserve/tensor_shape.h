// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_field.h"

namespace omserve::kserve {

// [1,-1,3], as it is written in errors; of a long one the beginning.
std::string ShapeText(const google::protobuf::RepeatedField<int64_t>& shape);

// Elements of a shape that a client sent; 1 for an empty one. INVALID_ARGUMENT, beginning with
// 'field', for a negative dimension, or when the product is beyond 2^48: no request can bring that
// many, and nothing that is derived from it wraps.
absl::StatusOr<int64_t> CountElements(const google::protobuf::RepeatedField<int64_t>& shape,
                                      std::string_view field);

}  // namespace omserve::kserve
