// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/manifest_checks.h"

#include <algorithm>
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

}  // namespace omserve
