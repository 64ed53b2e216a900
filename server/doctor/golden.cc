// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/golden.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/doctor/checksum.h"
#include "server/doctor/npy_file.h"
#include "server/doctor/om_folder.h"
#include "server/doctor/seeded_inputs.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<GoldenTensor> Write(const std::string& folder, const std::string& file,
                                   const std::string& name, const HostTensor& tensor) {
  GoldenTensor golden = {name, file, ""};
  const std::string path = (fs::path(folder) / file).string();
  OMSERVE_RETURN_IF_ERROR(WriteNpy(path, tensor));
  OMSERVE_ASSIGN_OR_RETURN(golden.sha256, Sha256OfFile(path));
  return golden;
}

}  // namespace

absl::StatusOr<GoldenModel> MakeGolden(ModelTrial& trial, int gear, const std::string& om_path,
                                       const std::string& om_name, const std::string& folder,
                                       uint64_t seed) {
  const ModelInfo& info = trial.info();
  GoldenModel golden;
  golden.om = om_name;
  golden.gear = gear;
  golden.seed = seed;
  OMSERVE_ASSIGN_OR_RETURN(golden.sha256, Sha256OfFile(om_path));
  const std::vector<HostTensor> inputs = SeededInputs(info, gear, seed);
  OMSERVE_RETURN_IF_ERROR(trial.SetInputs(inputs));
  OMSERVE_RETURN_IF_ERROR(trial.Run(gear).status());
  OMSERVE_ASSIGN_OR_RETURN(const std::vector<HostTensor> outputs, trial.Outputs(gear));

  const std::string below =
      absl::StrCat(fs::path(om_name).replace_extension().string(), "/gear_", gear);
  std::error_code error;
  fs::create_directories(fs::path(folder) / below, error);
  for (size_t i = 0; i < inputs.size(); ++i) {
    OMSERVE_ASSIGN_OR_RETURN(
        GoldenTensor tensor,
        Write(folder, absl::StrCat(below, "/input_", i, ".npy"), info.inputs[i].name, inputs[i]));
    golden.inputs.push_back(std::move(tensor));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    OMSERVE_ASSIGN_OR_RETURN(GoldenTensor tensor,
                             Write(folder, absl::StrCat(below, "/output_", i, ".npy"),
                                   info.outputs[i].name, outputs[i]));
    golden.outputs.push_back(std::move(tensor));
  }
  return golden;
}

absl::StatusOr<HostTensor> ReadGoldenTensor(const std::string& folder, const GoldenTensor& tensor) {
  const std::string path = (fs::path(folder) / tensor.file).string();
  OMSERVE_ASSIGN_OR_RETURN(const std::string sha256, Sha256OfFile(path));
  if (sha256 != tensor.sha256) {
    return absl::DataLossError(
        absl::StrCat(path, ": is not the file that was written (SHA-256); copy the folder again"));
  }
  return ReadNpy(path);
}

}  // namespace omserve
