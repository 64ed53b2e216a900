// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/compare.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/status_macros.h"
#include "server/base/keep_for_ever.h"
#include "server/device/acl_status.h"
#include "server/device/device_set.h"
#include "server/doctor/checksum.h"
#include "server/doctor/golden.h"
#include "server/doctor/model_trial.h"
#include "server/doctor/progress.h"

namespace omserve {
namespace {

absl::Status CompareOutputs(ModelTrial& trial, const std::string& golden_folder,
                            const GoldenModel& golden, ModelComparison& out) {
  const ModelInfo& info = trial.info();
  if (std::find(info.gears.begin(), info.gears.end(), golden.gear) == info.gears.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("has no gear ", golden.gear, ", with which the golden outputs were made"));
  }
  if (info.outputs.size() != golden.outputs.size()) {
    return absl::FailedPreconditionError(
        absl::StrCat("has ", info.outputs.size(), " outputs, not ", golden.outputs.size()));
  }
  std::vector<HostTensor> inputs;
  for (const GoldenTensor& tensor : golden.inputs) {
    OMSERVE_ASSIGN_OR_RETURN(HostTensor input, ReadGoldenTensor(golden_folder, tensor));
    inputs.push_back(std::move(input));
  }
  OMSERVE_RETURN_IF_ERROR(trial.SetInputs(inputs));
  OMSERVE_RETURN_IF_ERROR(trial.Run(golden.gear).status());
  OMSERVE_ASSIGN_OR_RETURN(const std::vector<HostTensor> outputs, trial.Outputs(golden.gear));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const GoldenTensor& tensor = golden.outputs[i];
    OMSERVE_ASSIGN_OR_RETURN(const HostTensor wanted, ReadGoldenTensor(golden_folder, tensor));
    absl::StatusOr<TensorDifference> difference = Difference(outputs[i], wanted);
    if (!difference.ok()) {
      return absl::FailedPreconditionError(
          absl::StrCat("output ", tensor.name, ": ", difference.status().message()));
    }
    out.outputs.push_back({tensor.name, *difference});
  }
  return absl::OkStatus();
}

}  // namespace

bool ModelComparison::ok(double min_cosine) const {
  // Written so that NaN fails.
  return problem.empty() && std::all_of(outputs.begin(), outputs.end(), [&](const auto& output) {
           return output.difference.cosine >= min_cosine;
         });
}

bool CompareReport::ok() const {
  return !models.empty() && std::all_of(models.begin(), models.end(),
                                        [this](const auto& model) { return model.ok(min_cosine); });
}

absl::StatusOr<CompareReport> RunCompare(const CompareOptions& options) {
  OMSERVE_ASSIGN_OR_RETURN(const GoldenSet golden, ReadGoldenIndex(options.golden));
  OMSERVE_ASSIGN_OR_RETURN(
      auto devices, DeviceSet::Create({.library_path = options.acl_library, .config_path = ""}, {},
                                      Clock::Real()));
  Device& device = devices->device(0);
  OMSERVE_RETURN_IF_ERROR(device.Bind());
  CompareReport report;
  report.golden_chip = golden.chip;
  report.chip = device.soc_name();
  report.min_cosine = options.min_cosine;
  Progress progress("comparing", static_cast<int>(golden.models.size()), options.progress);
  for (const GoldenModel& model : golden.models) {
    progress.Next(model.om);
    const std::string path = (std::filesystem::path(options.models) / model.om).string();
    ModelComparison compared;
    compared.om = model.om;
    compared.gear = model.gear;
    const auto sha256 = Sha256OfFile(path);
    compared.same_om = sha256.ok() && *sha256 == model.sha256;
    auto trial = ModelTrial::Load(*devices, 0, path, Clock::Real());
    absl::Status status = trial.status();
    if (trial.ok()) status = CompareOutputs(**trial, options.golden, model, compared);
    compared.problem = std::string(status.message());
    report.models.push_back(std::move(compared));
    if (IsWaitTimeout(status)) {  // what it still uses stays
      KeepForEver(*std::move(trial));
      KeepForEver(std::move(devices));
      break;
    }
  }
  return report;
}

}  // namespace omserve
