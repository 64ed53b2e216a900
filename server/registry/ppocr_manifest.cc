// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/ppocr_manifest.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/registry/manifest_fields.h"
#include "server/registry/text_proto.h"

namespace omserve {
namespace {

absl::StatusOr<Dictionary> ReadDictionary(const v1::PpOcrManifest& manifest,
                                          const std::string& folder) {
  const ManifestFields fields("ppocr");
  if (manifest.dictionary_file().empty()) return fields.Bad("dictionary_file", "must be set");
  const std::string path =
      (std::filesystem::path(folder) / manifest.dictionary_file()).lexically_normal().string();
  absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat("ppocr.dictionary_file: ", text.status().message()));
  }
  const bool use_space = !manifest.has_use_space_char() || manifest.use_space_char();
  auto dictionary = Dictionary::Parse(*text, use_space);
  if (!dictionary.ok()) {
    return fields.Bad("dictionary_file", absl::StrCat(path, ": ", dictionary.status().message()));
  }
  return dictionary;
}

absl::Status TakeNumbers(const v1::PpOcrManifest& manifest, PpOcrConfig& config) {
  const ManifestFields fields("ppocr");
  constexpr int kMostSide = 8192;
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("det_limit_side", manifest.det_limit_side(), kMostSide, config.det_limit_side));
  OMSERVE_RETURN_IF_ERROR(fields.TakeWord("det_limit_type", manifest.det_limit_type(),
                                          {"min", "max"}, config.det_limit_max));
  OMSERVE_RETURN_IF_ERROR(fields.Take("max_side", manifest.max_side(), kMostSide, config.max_side));
  OMSERVE_RETURN_IF_ERROR(fields.TakeChannels("det_mean", manifest.det_mean(), config.det_mean));
  OMSERVE_RETURN_IF_ERROR(fields.TakeChannels("det_std", manifest.det_std(), config.det_std));
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("det_threshold", manifest.det_threshold(), 1.0F, config.contours.threshold));
  ReadTextOptions& defaults = config.defaults;
  if (manifest.has_box_score_min()) {
    OMSERVE_RETURN_IF_ERROR(
        fields.TakeUnit("box_score_min", manifest.box_score_min(), defaults.box_score_min));
  }
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("unclip_ratio", manifest.unclip_ratio(), 10.0F, defaults.unclip_ratio));
  if (manifest.has_dilation()) config.contours.dilation = manifest.dilation();
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("max_lines", manifest.max_lines(), kMostTextLines, defaults.max_lines));
  if (manifest.has_min_score()) {
    OMSERVE_RETURN_IF_ERROR(fields.TakeUnit("min_score", manifest.min_score(), defaults.min_score));
  }
  defaults.orientation =
      manifest.has_orientation() ? manifest.orientation() : config.has_classifier;
  return fields.Take("orientation_threshold", manifest.orientation_threshold(), 1.0F,
                     config.orientation_threshold);
}

absl::Status CheckShapes(const LoadedStage& stage, const Shape& input, const Shape& output,
                         std::string_view advice) {
  const ModelInfo& info = stage.info();
  const auto check = [&](std::string_view what, const Shape& have,
                         const Shape& want) -> absl::Status {
    if (have.size() == want.size() + 1 && std::equal(want.begin(), want.end(), have.begin() + 1)) {
      return absl::OkStatus();
    }
    return absl::FailedPreconditionError(
        absl::StrCat("stage ", stage.spec.name, ": the ", std::string(what), " of ",
                     stage.spec.om_path, " is ", ShapeString(have), ", but it must be [N, then ",
                     ShapeString(want), "]; ", std::string(advice)));
  };
  if (info.inputs.size() != 1 || info.outputs.size() != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("stage ", stage.spec.name, ": ", stage.spec.om_path, " must have one input ",
                     "and one output; it has ", info.inputs.size(), " and ", info.outputs.size()));
  }
  OMSERVE_RETURN_IF_ERROR(check("input", info.inputs[0].shape, input));
  return check("output", info.outputs[0].shape, output);
}

}  // namespace

absl::StatusOr<PpOcrConfig> MakePpOcrConfig(const v1::PipelineManifest& manifest,
                                            const std::string& folder) {
  PpOcrConfig config;
  for (const v1::StageManifest& stage : manifest.stages()) {
    OMSERVE_RETURN_IF_ERROR(AddPpOcrStage(stage.name(), config));
  }
  OMSERVE_ASSIGN_OR_RETURN(config.dictionary, ReadDictionary(manifest.ppocr(), folder));
  OMSERVE_RETURN_IF_ERROR(TakeNumbers(manifest.ppocr(), config));
  return config;
}

absl::Status CheckPpOcrStages(const PpOcrConfig& config, const std::vector<LoadedStage>& stages) {
  const auto classes = static_cast<int64_t>(config.dictionary.classes());
  for (const LoadedStage& stage : stages) {
    const std::string& name = stage.spec.name;
    if (name == "cls") {
      OMSERVE_RETURN_IF_ERROR(CheckShapes(stage, {3, 48, 192}, {2}, "compile it for 3,48,192"));
    }
    for (const DetGear& gear : config.det_gears) {
      if (gear.stage != name) continue;
      OMSERVE_RETURN_IF_ERROR(CheckShapes(stage, {3, gear.height, gear.width},
                                          {1, gear.height, gear.width},
                                          "compile it for the size that the stage's name says"));
    }
    for (const RecGear& gear : config.rec_gears) {
      if (gear.stage != name) continue;
      OMSERVE_RETURN_IF_ERROR(CheckShapes(
          stage, {3, 48, gear.width}, {gear.width / 8, classes},
          absl::StrCat(
              "the dictionary has ", classes, " classes with the blank",
              config.dictionary.At(config.dictionary.classes() - 1) == " " ? " and the space" : "",
              ": give the dictionary that this model was trained on")));
    }
  }
  return absl::OkStatus();
}

}  // namespace omserve
