// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "pipelines/base/tensor.h"

namespace omserve::kserve {

// The typed contents of a tensor, for clients that send no raw ones.

// INVALID_ARGUMENT, beginning with 'field', unless 'contents' have exactly 'elements' values, in
// the field of the type and nowhere else, each in its range. FP16 has no field.
absl::Status CheckTyped(const inference::InferTensorContents& contents, DType dtype,
                        int64_t elements, const std::string& field);

// REQUIRES: CheckTyped has passed; room for the elements.
void CopyTyped(const inference::InferTensorContents& contents, DType dtype, std::byte* to);

}  // namespace omserve::kserve
