// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"
#include "pipelines/graphs/model_runner.h"

namespace omserve {

// Outputs first .. first + count - 1 of a stage as float32 on the host. INTERNAL, naming the stage
// and the output, when one is not there or not of a float type. Thread-safe.
absl::StatusOr<std::vector<HostTensor>> FetchedOutputs(const StageResult& result,
                                                       std::string_view stage, size_t first,
                                                       size_t count);

// The model answered in a shape that the manifest does not allow: INTERNAL with the stage's name in
// front; the caller of the RPC cannot mend it.
absl::Status StageError(std::string_view stage, const absl::Status& status);

}  // namespace omserve
