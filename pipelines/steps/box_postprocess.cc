// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/box_postprocess.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "pipelines/steps/delta_decode.h"
#include "pipelines/steps/nms.h"

namespace omserve {
namespace {

struct Candidate {
  ScoredBox found;
  size_t row;
};

bool BetterFirst(const Candidate& a, const Candidate& b) {
  return std::make_tuple(-a.found.score, a.row, a.found.label) <
         std::make_tuple(-b.found.score, b.row, b.found.label);
}

absl::Status CheckShapes(size_t rows, const HostTensor& scores, const HostTensor& deltas,
                         int num_classes) {
  const bool ranks = scores.has_value() && deltas.has_value() &&
                     scores.dtype() == DType::kFloat32 && deltas.dtype() == DType::kFloat32 &&
                     scores.shape().size() == 2 && deltas.shape().size() == 2;
  const auto needed = static_cast<int64_t>(rows);
  if (ranks && scores.dim(0) >= needed && deltas.dim(0) >= needed &&
      scores.dim(1) == num_classes + 1 && deltas.dim(1) == 4 * num_classes) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the ROI box outputs do not fit: scores ", ShapeString(scores.shape()),
                   " and deltas ", ShapeString(deltas.shape()), " where float32 [", rows, ",",
                   num_classes + 1, "] and [", rows, ",", 4 * num_classes, "] are needed"));
}

bool Finite(const Box& b) {
  return std::isfinite(b.x1) && std::isfinite(b.y1) && std::isfinite(b.x2) && std::isfinite(b.y2);
}

// The classes of one proposal that pass the threshold.
void AddCandidates(size_t row, const Box& proposal, const float* logits, const float* deltas,
                   const BoxOptions& options, std::vector<float>& probabilities,
                   std::vector<std::vector<Candidate>>& by_class) {
  const auto classes = static_cast<size_t>(options.num_classes);
  const float top = *std::max_element(logits, logits + classes + 1);
  float sum = 0;
  for (size_t k = 0; k <= classes; ++k) {
    probabilities[k] = std::exp(logits[k] - top);
    sum += probabilities[k];
  }
  for (size_t k = 0; k < classes; ++k) {
    const float score = probabilities[k] / sum;
    if (!(score > options.score_min)) continue;
    const float* d = deltas + 4 * k;
    const Box box = DecodeDelta(proposal, {d[0], d[1], d[2], d[3]}, options.delta_stds,
                                options.frame_width, options.frame_height);
    if (!Finite(box)) continue;
    by_class[k].push_back({{box, score, static_cast<int>(k)}, row});
  }
}

}  // namespace

absl::StatusOr<std::vector<ScoredBox>> BoxPostprocess(std::span<const Box> proposals,
                                                      const HostTensor& scores,
                                                      const HostTensor& deltas,
                                                      const BoxOptions& options) {
  const absl::Status fits = CheckShapes(proposals.size(), scores, deltas, options.num_classes);
  if (!fits.ok()) return fits;
  const auto classes = static_cast<size_t>(options.num_classes);
  std::vector<float> probabilities(classes + 1);
  std::vector<std::vector<Candidate>> by_class(classes);
  const float* logits = scores.as<float>().data();
  const float* regression = deltas.as<float>().data();
  for (size_t row = 0; row < proposals.size(); ++row) {
    AddCandidates(row, proposals[row], logits + row * (classes + 1), regression + row * 4 * classes,
                  options, probabilities, by_class);
  }
  std::vector<Candidate> kept;
  std::vector<Box> boxes;
  for (std::vector<Candidate>& group : by_class) {
    std::sort(group.begin(), group.end(), BetterFirst);
    boxes.clear();
    for (const Candidate& candidate : group) boxes.push_back(candidate.found.box);
    for (const uint32_t i : Nms(boxes, options.nms_iou, options.max_detections)) {
      kept.push_back(group[i]);
    }
  }
  std::sort(kept.begin(), kept.end(), BetterFirst);
  if (kept.size() > static_cast<size_t>(options.max_detections)) {
    kept.resize(static_cast<size_t>(options.max_detections));
  }
  std::vector<ScoredBox> found;
  found.reserve(kept.size());
  for (const Candidate& candidate : kept) found.push_back(candidate.found);
  return found;
}

}  // namespace omserve
