// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/stage_output.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "pipelines/base/float16.h"

namespace omserve {

absl::StatusOr<std::vector<HostTensor>> FetchedOutputs(const StageResult& result,
                                                       std::string_view stage, size_t first,
                                                       size_t count) {
  std::vector<HostTensor> tensors;
  for (size_t i = first; i < first + count; ++i) {
    if (i >= result.outputs.size()) {
      return absl::InternalError(absl::StrCat("stage ", std::string(stage), " gave ",
                                              result.outputs.size(), " outputs and no number ", i));
    }
    absl::StatusOr<HostTensor> tensor = ToFloat32(result.outputs[i].host);
    if (!tensor.ok()) {
      return absl::InternalError(absl::StrCat("stage ", std::string(stage), ", output ", i, ": ",
                                              tensor.status().message()));
    }
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

absl::Status StageError(std::string_view stage, const absl::Status& status) {
  return absl::InternalError(absl::StrCat("stage ", std::string(stage), ": ", status.message()));
}

}  // namespace omserve
