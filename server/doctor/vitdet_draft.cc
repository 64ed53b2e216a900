// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/doctor/families.h"
#include "server/doctor/labels_file.h"

namespace omserve {
namespace {

Shape Input(const DescribedOm& om, size_t i) { return DescribedOm::RowOf(om.info.inputs[i]); }
Shape Output(const DescribedOm& om, size_t i) { return DescribedOm::RowOf(om.info.outputs[i]); }
bool Has(const DescribedOm& om, size_t inputs, size_t outputs) {
  return om.info.inputs.size() == inputs && om.info.outputs.size() == outputs;
}

// [3,S,S] -> two or more levels [C,S/stride,S/stride] with growing strides.
bool IsBackbone(const DescribedOm& om) {
  if (om.info.inputs.size() != 1 || om.info.outputs.size() < 2) return false;
  const Shape image = Input(om, 0);
  if (image.size() != 3 || image[0] != 3 || image[1] != image[2]) return false;
  for (size_t i = 0; i < om.info.outputs.size(); ++i) {
    const Shape level = Output(om, i);
    if (level.size() != 3 || level[1] != level[2] || level[0] != Output(om, 0)[0]) return false;
    if (image[1] % level[1] != 0 || (i > 0 && level[1] >= Output(om, i - 1)[1])) return false;
  }
  return true;
}

// The levels -> [A,h,w] of each, then [4A,h,w] of each.
bool IsRpn(const DescribedOm& om, const DescribedOm& backbone) {
  const size_t levels = backbone.info.outputs.size();
  if (!Has(om, levels, 2 * levels)) return false;
  for (size_t i = 0; i < levels; ++i) {
    const Shape level = Output(backbone, i);
    const Shape scores = Output(om, i), deltas = Output(om, levels + i);
    if (Input(om, i) != level || scores.size() != 3 || deltas.size() != 3) return false;
    if (scores[1] != level[1] || deltas[1] != level[1] || deltas[0] != 4 * scores[0]) return false;
  }
  return true;
}

bool IsBoxHead(const DescribedOm& om, int64_t channels) {
  if (!Has(om, 1, 2) || Input(om, 0) != Shape{channels, 7, 7}) return false;
  const Shape scores = Output(om, 0), deltas = Output(om, 1);
  return scores.size() == 1 && deltas.size() == 1 && scores[0] >= 2 &&
         deltas[0] == 4 * (scores[0] - 1);
}

bool IsMaskHead(const DescribedOm& om, int64_t channels, int64_t classes) {
  return Has(om, 1, 1) && Input(om, 0) == Shape{channels, 14, 14} &&
         Output(om, 0) == Shape{classes, 28, 28};
}

// Of those that fit, the one whose file is called so, else the first.
template <typename Fits>
const DescribedOm* Pick(const std::vector<const DescribedOm*>& oms, const char* name,
                        const Fits& fits) {
  const DescribedOm* best = nullptr;
  for (const DescribedOm* om : oms) {
    if (!fits(*om)) continue;
    const bool named = absl::StrContains(absl::AsciiStrToLower(om->stem()), name);
    if (best == nullptr || (named && !absl::StrContains(best->stem(), name))) best = om;
  }
  return best;
}

}  // namespace

std::optional<PipelineDraft> DraftVitDet(const std::vector<const DescribedOm*>& oms) {
  const DescribedOm* backbone = Pick(oms, "backbone", IsBackbone);
  if (backbone == nullptr) return std::nullopt;
  const DescribedOm* rpn =
      Pick(oms, "rpn", [&](const DescribedOm& om) { return IsRpn(om, *backbone); });
  const int64_t channels = Output(*backbone, 0)[0];
  const DescribedOm* boxes =
      Pick(oms, "bbox", [&](const DescribedOm& om) { return IsBoxHead(om, channels); });
  if (rpn == nullptr || boxes == nullptr) return std::nullopt;
  const int64_t classes = Output(*boxes, 0)[0] - 1;
  const DescribedOm* masks =
      Pick(oms, "mask", [&](const DescribedOm& om) { return IsMaskHead(om, channels, classes); });
  if (masks == nullptr) return std::nullopt;

  PipelineDraft draft;
  draft.AddStage("backbone", *backbone);
  draft.AddStage("rpn", *rpn);
  draft.AddStage("roi_bbox", *boxes);
  draft.AddStage("roi_mask", *masks);
  v1::VitDetManifest& vitdet = *draft.manifest.mutable_vitdet();
  const int64_t side = Input(*backbone, 0)[1];
  vitdet.set_image_size(static_cast<int32_t>(side));
  vitdet.set_num_classes(static_cast<int32_t>(classes));
  for (size_t i = 0; i < backbone->info.outputs.size(); ++i) {
    vitdet.add_strides(static_cast<int32_t>(side / Output(*backbone, i)[1]));
  }
  const int64_t anchors = Output(*rpn, 0)[0];
  draft.reasons.push_back(absl::StrCat(
      "vitdet: ", backbone->stem(), " gives ", backbone->info.outputs.size(), " levels of ",
      channels, " channels, ", rpn->stem(), " takes them, ", boxes->stem(), " and ", masks->stem(),
      " take crops of 7 and 14; ", classes, " classes, pictures of ", side, " x ", side));
  draft.to_fill.push_back(
      absl::StrCat("anchor_scales and anchor_ratios: the RPN has ", anchors,
                   " anchors a place; mmdet's default is scale 8 with ratios 0.5, 1, 2",
                   anchors == 3 ? "" : ", which does not fit"));
  draft.to_fill.push_back(
      "rpn_* and box_* numbers and roi_finest_scale, if training changed mmdet's projects/ViTDet");
  const auto labels = OfLines(FindLabels(boxes->folder(), boxes->stem()), classes);
  if (labels.has_value()) {
    draft.manifest.set_labels_file(labels->path);
  } else {
    draft.to_fill.push_back(
        absl::StrCat("labels_file: no file with ", classes, " labels lies beside the OM files"));
  }
  return draft;
}

}  // namespace omserve
