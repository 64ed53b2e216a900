// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/rpn_proposals.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/steps/anchors.h"
#include "pipelines/steps/delta_decode.h"
#include "pipelines/steps/nms.h"
#include "pipelines/steps/topk.h"

namespace omserve {
namespace {

absl::Status CheckLevel(const HostTensor& cls, const HostTensor& reg, int64_t anchors,
                        size_t level) {
  const bool ranks = cls.dtype() == DType::kFloat32 && reg.dtype() == DType::kFloat32 &&
                     cls.has_value() && reg.has_value() && cls.shape().size() == 4 &&
                     reg.shape().size() == 4;
  if (ranks && cls.dim(0) == 1 && reg.dim(0) == 1 && cls.dim(1) == anchors &&
      reg.dim(1) == 4 * anchors && cls.dim(2) == reg.dim(2) && cls.dim(3) == reg.dim(3)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the RPN outputs of level ", level, " do not fit: logits ", ShapeString(cls.shape()),
      " and deltas ", ShapeString(reg.shape()), " where float32 [1,", anchors, ",H,W] and [1,",
      4 * anchors, ",H,W] are needed"));
}

// Adds the proposals of one level, best first; the score is still the logit.
void AddLevel(const HostTensor& cls, const HostTensor& reg, const std::vector<Box>& base,
              float stride, const RpnOptions& options, std::vector<Proposal>& all) {
  const size_t anchors = base.size();
  const auto width = static_cast<size_t>(cls.dim(3));
  const size_t cells = static_cast<size_t>(cls.dim(2)) * width;
  const float* logits = cls.as<float>().data();
  const float* deltas = reg.as<float>().data();
  // The reference numbers the anchors cell by cell; equal scores are taken in that order.
  std::vector<float> by_cell(cells * anchors);
  for (size_t a = 0; a < anchors; ++a) {
    for (size_t cell = 0; cell < cells; ++cell) {
      by_cell[cell * anchors + a] = logits[a * cells + cell];
    }
  }
  std::vector<Box> boxes;
  std::vector<float> scores;
  for (const uint32_t index : TopK(by_cell, options.nms_pre)) {
    const size_t cell = index / anchors;
    const size_t a = index % anchors;
    const float dx = static_cast<float>(cell % width) * stride;
    const float dy = static_cast<float>(cell / width) * stride;
    const Box prior = {base[a].x1 + dx, base[a].y1 + dy, base[a].x2 + dx, base[a].y2 + dy};
    const float* d = deltas + 4 * a * cells + cell;
    const Box box = DecodeDelta(prior, {d[0], d[cells], d[2 * cells], d[3 * cells]}, {1, 1, 1, 1},
                                static_cast<float>(options.frame_width),
                                static_cast<float>(options.frame_height));
    if (!(box.x2 - box.x1 > 0.0F && box.y2 - box.y1 > 0.0F)) continue;  // NaN goes too
    if (std::isnan(by_cell[index])) continue;
    boxes.push_back(box);
    scores.push_back(by_cell[index]);
  }
  for (const uint32_t i : Nms(boxes, options.nms_iou, options.max_proposals)) {
    all.push_back({boxes[i], scores[i]});
  }
}

}  // namespace

absl::StatusOr<std::vector<Proposal>> RpnProposals(std::span<const HostTensor> cls,
                                                   std::span<const HostTensor> reg,
                                                   const RpnOptions& options) {
  const size_t levels = options.strides.size();
  if (cls.size() != levels || reg.size() != levels) {
    return absl::InvalidArgumentError(absl::StrCat("the RPN has ", cls.size(), " logit and ",
                                                   reg.size(), " delta outputs where ", levels,
                                                   " of each are needed"));
  }
  std::vector<Proposal> all;
  for (size_t level = 0; level < levels; ++level) {
    const auto stride = static_cast<float>(options.strides[level]);
    const std::vector<Box> base = BaseAnchors(stride, options.anchor_scales, options.anchor_ratios);
    OMSERVE_RETURN_IF_ERROR(
        CheckLevel(cls[level], reg[level], static_cast<int64_t>(base.size()), level));
    AddLevel(cls[level], reg[level], base, stride, options, all);
  }
  std::vector<float> logits(all.size());
  for (size_t i = 0; i < all.size(); ++i) logits[i] = all[i].score;
  std::vector<Proposal> best;
  for (const uint32_t i : TopK(logits, options.max_proposals)) {
    best.push_back({all[i].box, 1.0F / (1.0F + std::exp(-all[i].score))});
  }
  return best;
}

}  // namespace omserve
