// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/call_checks.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/batching/device_rows.h"
#include "server/batching/promised_rows.h"

namespace omserve {
namespace {

absl::Status CheckIndices(const std::vector<int>& indices, size_t outputs) {
  for (const int index : indices) {
    if (index >= 0 && static_cast<size_t>(index) < outputs) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the stage has ", outputs, " outputs, there is none with index ", index));
  }
  return absl::OkStatus();
}

absl::Status CheckInput(const StageTensor& input, const ModelTensor& wanted, int64_t items) {
  const size_t bytes = static_cast<size_t>(items) * wanted.row_bytes;
  if (input.device != nullptr) {
    const auto fits = [&](const auto* rows) {
      return rows != nullptr && rows->dtype() == wanted.dtype && rows->rows() == items &&
             rows->row_bytes() == wanted.row_bytes;
    };
    if (fits(dynamic_cast<const DeviceRows*>(input.device.get())) ||
        fits(dynamic_cast<const PromisedRows*>(input.device.get()))) {
      return absl::OkStatus();
    }
  } else if (input.host.has_value() && input.host.dtype() == wanted.dtype &&
             input.host.bytes() == bytes) {
    return absl::OkStatus();
  }
  const std::string given =
      input.device != nullptr
          ? "a device tensor of another kind"
          : absl::StrCat(DTypeName(input.host.dtype()), " ", ShapeString(input.host.shape()));
  return absl::InvalidArgumentError(
      absl::StrCat("input ", wanted.name, " must be ", DTypeName(wanted.dtype), " with ", items,
                   " rows of ", wanted.row_bytes, " bytes, not ", given));
}

}  // namespace

absl::Status CheckCall(const StageCall& call, const ModelInfo& model) {
  if (call.items < 0) return absl::InvalidArgumentError("a call cannot have fewer than 0 items");
  OMSERVE_RETURN_IF_ERROR(CheckIndices(call.fetch, model.outputs.size()));
  OMSERVE_RETURN_IF_ERROR(CheckIndices(call.keep, model.outputs.size()));
  if (call.items == 0) return absl::OkStatus();
  if (call.inputs.size() != model.inputs.size()) {
    return absl::InvalidArgumentError(absl::StrCat("the stage has ", model.inputs.size(),
                                                   " inputs, the call ", call.inputs.size()));
  }
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    OMSERVE_RETURN_IF_ERROR(CheckInput(call.inputs[i], model.inputs[i], call.items));
  }
  return absl::OkStatus();
}

}  // namespace omserve
