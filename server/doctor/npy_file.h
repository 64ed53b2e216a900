// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"

namespace omserve {

// A tensor as NumPy's file, version 1.0, little-endian, row-major; numpy.load reads it. Format:
// numpy.lib.format. UNAVAILABLE when the file cannot be written.
absl::Status WriteNpy(const std::string& path, const HostTensor& tensor);

// What WriteNpy or numpy.save wrote of a type that DType has, on the heap. NOT_FOUND (no file),
// INVALID_ARGUMENT (another format, another type, or cut off; at most 4 GiB). Thread-safe.
absl::StatusOr<HostTensor> ReadNpy(const std::string& path);

}  // namespace omserve
