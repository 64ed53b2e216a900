// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"

namespace omserve {

// IEEE binary16 to binary32, exact for every value (subnormals, infinities and NaN too).
float HalfToFloat(uint16_t half);

// The tensor as float32: shared unchanged when it is float32 already, a heap copy when it is
// float16, INVALID_ARGUMENT for other types and for an unset tensor. Thread-safe.
absl::StatusOr<HostTensor> ToFloat32(const HostTensor& tensor);

}  // namespace omserve
