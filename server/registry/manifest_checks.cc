// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/manifest_checks.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

// A stage that a pipeline runs, and how many tensors it passes.
struct StageShape {
  std::string name;
  int inputs;              // -1: any
  int outputs;             // -1: any
  bool skippable = false;  // a request may have no item for it
};

absl::Status Bad(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(field), ": ", std::string(what)));
}

absl::Status CheckName(std::string_view field, std::string_view name) {
  const bool clean =
      !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ||
               c == '-';
      });
  if (clean && absl::ascii_isalnum(static_cast<unsigned char>(name[0]))) return absl::OkStatus();
  return Bad(field, absl::StrCat("'", std::string(name),
                                 "' must be 1 to 64 letters, digits, '.', '_' or '-', and begin "
                                 "with a letter or a digit"));
}

std::vector<StageShape> ExpectedStages(const v1::PipelineManifest& manifest) {
  if (manifest.has_internvit()) {
    // The head's logits come second, when there is a head.
    return {{"internvit", 1, manifest.internvit().num_classes() > 0 ? 2 : 1}};
  }
  if (manifest.has_tensor() || manifest.has_classify()) {
    const int tensors = manifest.has_classify() ? 1 : -1;
    if (manifest.stages_size() != 1) return {{"model", tensors, tensors}};
    return {{manifest.stages(0).name(), tensors, tensors}};
  }
  if (manifest.has_ppocr()) {
    // One stage a gear, in any number, of which a request passes some: detection, direction,
    // recognition. MakePpOcrConfig looks at the names.
    std::vector<StageShape> gears;
    for (const char* part : {"det_", "cls", ""}) {
      for (const v1::StageManifest& stage : manifest.stages()) {
        if (absl::StartsWith(stage.name(), part) &&
            std::none_of(gears.begin(), gears.end(),
                         [&](const StageShape& gear) { return gear.name == stage.name(); })) {
          gears.push_back({stage.name(), 1, 1, true});
        }
      }
    }
    return gears;
  }
  const int levels =
      manifest.vitdet().strides().empty() ? 5 : static_cast<int>(manifest.vitdet().strides_size());
  return {{"backbone", 1, levels},
          {"rpn", levels, 2 * levels},
          {"roi_bbox", 1, 2, true},
          {"roi_mask", 1, 1, true}};
}

absl::Status CheckStage(const std::string& field, const v1::StageManifest& stage,
                        const StageShape& shape) {
  if (stage.om_file().empty()) return Bad(field + ".om_file", "must be set");
  // Names may be left out; then the OM's own order is taken on trust.
  const auto count = [&](std::string_view list, int have, int want) -> absl::Status {
    if (have == 0 || have == want || want < 0) return absl::OkStatus();
    return Bad(absl::StrCat(field, ".", std::string(list)),
               absl::StrCat(have, " names, but stage '", shape.name, "' has ", want));
  };
  OMSERVE_RETURN_IF_ERROR(count("inputs", stage.inputs_size(), shape.inputs));
  OMSERVE_RETURN_IF_ERROR(count("outputs", stage.outputs_size(), shape.outputs));
  if (stage.instances() < 0 || stage.instances() > 64) {
    return Bad(field + ".instances", absl::StrCat(stage.instances(), " is not between 0 and 64"));
  }
  if (stage.max_queue_items() < 0) {
    return Bad(field + ".max_queue_items", absl::StrCat(stage.max_queue_items(), " is negative"));
  }
  if (stage.max_delay_us() < 0 || stage.max_delay_us() > 10'000'000) {
    return Bad(field + ".max_delay_us",
               absl::StrCat(stage.max_delay_us(), " is not between 0 and 10000000"));
  }
  if (stage.max_items_per_request() < 0) {
    return Bad(field + ".max_items_per_request",
               absl::StrCat(stage.max_items_per_request(), " is negative"));
  }
  std::set<int> seen;
  for (const int device : stage.devices()) {
    if (device < 0) return Bad(field + ".devices", absl::StrCat(device, " is negative"));
    if (!seen.insert(device).second) {
      return Bad(field + ".devices", absl::StrCat(device, " is there twice"));
    }
  }
  return absl::OkStatus();
}

// Takes 'value' when it is set; it must lie in (0, high] then.
template <typename T>
absl::Status Take(std::string_view field, T value, T high, T& to) {
  if (value == T{0}) return absl::OkStatus();
  if (!(value > T{0} && value <= high)) {
    return Bad(field, absl::StrCat(value, " is not between 0 and ", high));
  }
  to = value;
  return absl::OkStatus();
}

template <typename Repeated, typename T>
absl::Status TakeList(std::string_view field, const Repeated& values, std::vector<T>& to) {
  if (values.empty()) return absl::OkStatus();
  for (const T value : values) {
    if (!(value > T{0}) || !std::isfinite(static_cast<double>(value))) {
      return Bad(field, absl::StrCat(value, " is not above 0"));
    }
  }
  to.assign(values.begin(), values.end());
  return absl::OkStatus();
}

}  // namespace

std::vector<StagePlace> StagesInOrder(const v1::PipelineManifest& manifest) {
  std::vector<StagePlace> places;
  for (const StageShape& shape : ExpectedStages(manifest)) {
    places.push_back({shape.name, shape.skippable});
  }
  return places;
}

absl::Status CheckManifest(const v1::PipelineManifest& manifest) {
  OMSERVE_RETURN_IF_ERROR(CheckName("name", manifest.name()));
  // Absent: the number of its folder.
  if (!manifest.version().empty()) {
    OMSERVE_RETURN_IF_ERROR(CheckName("version", manifest.version()));
  }
  if (manifest.pipeline_case() == v1::PipelineManifest::PIPELINE_NOT_SET) {
    return Bad("pipeline",
               "unknown pipeline; one of vitdet { }, internvit { }, ppocr { }, classify { } and "
               "tensor { } must be there");
  }
  if (!(manifest.weight() >= 0 && manifest.weight() <= 1000)) {
    return Bad("weight", absl::StrCat(manifest.weight(), " is not between 0 and 1000"));
  }
  const std::vector<StageShape> expected = ExpectedStages(manifest);
  std::vector<std::string> missing;
  for (const StageShape& shape : expected) missing.push_back(shape.name);
  for (int i = 0; i < manifest.stages_size(); ++i) {
    const v1::StageManifest& stage = manifest.stages(i);
    const std::string field = absl::StrCat("stages[", i, "]");
    const auto shape = std::find_if(expected.begin(), expected.end(),
                                    [&](const StageShape& s) { return s.name == stage.name(); });
    if (shape == expected.end()) {
      return Bad(field + ".name", absl::StrCat("'", stage.name(),
                                               "' is not a stage of the pipeline; "
                                               "these are: ",
                                               absl::StrJoin(missing, ", ")));
    }
    const auto open = std::find(missing.begin(), missing.end(), stage.name());
    if (open == missing.end()) {
      return Bad(field + ".name", absl::StrCat("'", stage.name(), "' is there twice"));
    }
    missing.erase(open);
    OMSERVE_RETURN_IF_ERROR(CheckStage(field, stage, *shape));
  }
  if (!missing.empty()) {
    return Bad("stages", absl::StrCat("missing: ", absl::StrJoin(missing, ", ")));
  }
  return absl::OkStatus();
}

absl::StatusOr<VitDetConfig> MakeVitDetConfig(const v1::VitDetManifest& manifest) {
  VitDetConfig config;
  constexpr int kMany = 100'000;
  OMSERVE_RETURN_IF_ERROR(
      Take("vitdet.image_size", manifest.image_size(), 8192, config.image_size));
  OMSERVE_RETURN_IF_ERROR(
      TakeList("vitdet.anchor_scales", manifest.anchor_scales(), config.anchor_scales));
  OMSERVE_RETURN_IF_ERROR(
      TakeList("vitdet.anchor_ratios", manifest.anchor_ratios(), config.anchor_ratios));
  OMSERVE_RETURN_IF_ERROR(TakeList("vitdet.strides", manifest.strides(), config.strides));
  OMSERVE_RETURN_IF_ERROR(
      Take("vitdet.rpn_nms_pre", manifest.rpn_nms_pre(), kMany, config.rpn_nms_pre));
  OMSERVE_RETURN_IF_ERROR(
      Take("vitdet.rpn_nms_iou", manifest.rpn_nms_iou(), 1.0F, config.rpn_nms_iou));
  OMSERVE_RETURN_IF_ERROR(Take("vitdet.rpn_max_proposals", manifest.rpn_max_proposals(), kMany,
                               config.rpn_max_proposals));
  OMSERVE_RETURN_IF_ERROR(Take("vitdet.roi_finest_scale", manifest.roi_finest_scale(), 8192.0F,
                               config.roi_finest_scale));
  OMSERVE_RETURN_IF_ERROR(
      Take("vitdet.num_classes", manifest.num_classes(), kMany, config.num_classes));
  OMSERVE_RETURN_IF_ERROR(
      Take("vitdet.box_score_min", manifest.box_score_min(), 1.0F, config.box_score_min));
  OMSERVE_RETURN_IF_ERROR(
      Take("vitdet.box_nms_iou", manifest.box_nms_iou(), 1.0F, config.box_nms_iou));
  OMSERVE_RETURN_IF_ERROR(Take("vitdet.box_max_detections", manifest.box_max_detections(), 1000,
                               config.box_max_detections));
  config.defaults.max_detections = config.box_max_detections;
  if (manifest.has_score_threshold()) {
    const float threshold = manifest.score_threshold();
    if (!(threshold >= 0 && threshold <= 1)) {
      return Bad("vitdet.score_threshold", absl::StrCat(threshold, " is not between 0 and 1"));
    }
    config.defaults.score_threshold = threshold;
  }
  const std::string& dedup = manifest.dedup();
  if (dedup == "keep_top1_per_label") {
    config.defaults.dedup = DedupPolicy::kKeepTop1PerLabel;
  } else if (!dedup.empty() && dedup != "none") {
    return Bad("vitdet.dedup", absl::StrCat("'", dedup, "' is not keep_top1_per_label or none"));
  }
  const std::string& form = manifest.mask_form();
  if (form == "none") {
    config.defaults.mask_form = MaskForm::kNone;
  } else if (form == "png") {
    config.defaults.mask_form = MaskForm::kPng;
  } else if (form == "polygon") {
    config.defaults.mask_form = MaskForm::kPolygon;
  } else if (!form.empty() && form != "rle") {
    return Bad("vitdet.mask_form", absl::StrCat("'", form, "' is not none, rle, png or polygon"));
  }
  return config;
}

absl::StatusOr<InternVitConfig> MakeInternVitConfig(const v1::InternVitManifest& manifest) {
  InternVitConfig config;
  OMSERVE_RETURN_IF_ERROR(
      Take("internvit.image_size", manifest.image_size(), 8192, config.image_size));
  OMSERVE_RETURN_IF_ERROR(
      Take("internvit.num_classes", manifest.num_classes(), 100'000, config.num_classes));
  return config;
}

}  // namespace omserve
