// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/manifest.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "omserve/v1/manifest.pb.h"
#include "pipelines/base/status_macros.h"
#include "server/registry/classify_manifest.h"
#include "server/registry/internvit_manifest.h"
#include "server/registry/manifest_checks.h"
#include "server/registry/ppocr_manifest.h"
#include "server/registry/text_proto.h"
#include "server/registry/vitdet_manifest.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

absl::Status InFile(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

// One label a line; an empty line would shift every label after it, so it is a fault.
absl::StatusOr<std::vector<std::string>> ReadLabels(const std::string& path) {
  absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat("labels_file: ", text.status().message()));
  }
  std::vector<std::string> labels;
  for (absl::string_view line : absl::StrSplit(absl::StripTrailingAsciiWhitespace(*text), '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("labels_file: ", path, ":", labels.size() + 1, ": empty line"));
    }
    labels.emplace_back(line);
  }
  return labels;
}

absl::StatusOr<StageSpec> MakeStage(const v1::StageManifest& stage, int index,
                                    const fs::path& folder) {
  StageSpec spec;
  spec.name = stage.name();
  spec.om_path = (folder / stage.om_file()).lexically_normal().string();
  std::error_code error;
  if (!fs::is_regular_file(spec.om_path, error)) {
    const std::string stem = fs::path(spec.om_path).replace_extension().string();
    return absl::NotFoundError(absl::StrCat("stages[", index, "].om_file: ", spec.om_path,
                                            " does not exist; compile it with atc, e.g. ",
                                            "atc --framework=5 --model=", stage.name(),
                                            ".onnx --output=", stem, " --soc_version=<SoC>"));
  }
  spec.inputs.assign(stage.inputs().begin(), stage.inputs().end());
  spec.outputs.assign(stage.outputs().begin(), stage.outputs().end());
  if (stage.instances() > 0) spec.instances = stage.instances();
  if (stage.max_queue_items() > 0) spec.max_queue_items = stage.max_queue_items();
  spec.max_delay = absl::Microseconds(stage.max_delay_us());
  spec.max_items_per_request = stage.max_items_per_request();
  spec.devices.assign(stage.devices().begin(), stage.devices().end());
  return spec;
}

absl::Status CheckLabels(size_t labels, int classes) {
  if (labels == 0 || classes == 0 || labels == static_cast<size_t>(classes)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("labels_file: ", labels, " labels for num_classes ", classes));
}

absl::StatusOr<PipelineSpec> MakeSpec(const v1::PipelineManifest& manifest,
                                      const fs::path& folder) {
  OMSERVE_RETURN_IF_ERROR(CheckManifest(manifest));
  PipelineSpec spec;
  spec.name = manifest.name();
  spec.version = manifest.version();
  if (manifest.weight() > 0) spec.weight = static_cast<double>(manifest.weight());
  if (!manifest.labels_file().empty()) {
    OMSERVE_ASSIGN_OR_RETURN(
        spec.labels, ReadLabels((folder / manifest.labels_file()).lexically_normal().string()));
  }
  if (manifest.has_vitdet()) {
    OMSERVE_ASSIGN_OR_RETURN(VitDetConfig config, MakeVitDetConfig(manifest.vitdet()));
    OMSERVE_RETURN_IF_ERROR(CheckLabels(spec.labels.size(), config.num_classes));
    spec.config = std::move(config);
  } else if (manifest.has_tensor()) {
    spec.config = TensorConfig();
  } else if (manifest.has_classify()) {
    OMSERVE_ASSIGN_OR_RETURN(ClassifyConfig config,
                             MakeClassifyConfig(manifest, spec.labels.size()));
    OMSERVE_RETURN_IF_ERROR(CheckLabels(spec.labels.size(), config.num_classes));
    spec.config = std::move(config);
  } else if (manifest.has_ppocr()) {
    OMSERVE_ASSIGN_OR_RETURN(spec.config, MakePpOcrConfig(manifest, folder.string()));
  } else {
    OMSERVE_ASSIGN_OR_RETURN(InternVitConfig config, MakeInternVitConfig(manifest.internvit()));
    OMSERVE_RETURN_IF_ERROR(CheckLabels(spec.labels.size(), config.num_classes));
    spec.config = std::move(config);
  }
  for (const StagePlace& place : StagesInOrder(manifest)) {
    for (int i = 0; i < manifest.stages_size(); ++i) {
      if (manifest.stages(i).name() != place.name) continue;
      OMSERVE_ASSIGN_OR_RETURN(StageSpec stage, MakeStage(manifest.stages(i), i, folder));
      stage.skippable = place.skippable;
      spec.stages.push_back(std::move(stage));
    }
  }
  return spec;
}

}  // namespace

absl::StatusOr<PipelineSpec> LoadManifest(const std::string& path) {
  v1::PipelineManifest manifest;
  OMSERVE_RETURN_IF_ERROR(ParseTextProtoFile(path, manifest));
  absl::StatusOr<PipelineSpec> spec = MakeSpec(manifest, fs::path(path).parent_path());
  if (!spec.ok()) return InFile(path, spec.status());
  spec->manifest_path = path;
  return spec;
}

}  // namespace omserve
