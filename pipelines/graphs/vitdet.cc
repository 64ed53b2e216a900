// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/vitdet.h"

#include <numeric>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "pipelines/base/status_macros.h"
#include "pipelines/graphs/stage_output.h"
#include "pipelines/graphs/vitdet_masks.h"
#include "pipelines/image/decode.h"
#include "pipelines/image/letterbox.h"
#include "pipelines/steps/box_postprocess.h"
#include "pipelines/steps/dedup.h"
#include "pipelines/steps/roi_align.h"
#include "pipelines/steps/rpn_proposals.h"

namespace omserve {
namespace {

constexpr std::string_view kBackbone = "backbone";
constexpr std::string_view kRpn = "rpn";
constexpr std::string_view kRoiBox = "roi_bbox";
constexpr std::string_view kRoiMask = "roi_mask";

// 0, 1, .. count - 1.
std::vector<int> FirstOutputs(size_t count) {
  std::vector<int> outputs(count);
  std::iota(outputs.begin(), outputs.end(), 0);
  return outputs;
}

// A call whose outputs all go to the host.
StageCall HostCall(std::string_view stage, int64_t items, HostTensor input, size_t outputs) {
  StageCall call;
  call.stage = stage;
  call.items = items;
  StageTensor tensor;
  tensor.host = std::move(input);
  call.inputs.push_back(std::move(tensor));
  call.fetch = FirstOutputs(outputs);
  return call;
}

StageCall BackboneCall(HostTensor image, size_t levels) {
  StageCall call = HostCall(kBackbone, 1, std::move(image), levels - 1);  // RoIAlign's levels
  call.keep = FirstOutputs(levels);                                       // the RPN's
  return call;
}

// On the pyramid, wherever the backbone leaves it.
StageCall RpnCall(const StageRun& backbone, size_t levels) {
  StageCall call;
  call.stage = kRpn;
  call.items = 1;
  for (size_t level = 0; level < levels; ++level) call.inputs.push_back(backbone.promise(level));
  call.fetch = FirstOutputs(2 * levels);
  return call;
}

absl::StatusOr<Letterboxed> Preprocess(const VitDetConfig& config, const Picture& picture,
                                       RequestContext& context, TensorAllocator& allocator) {
  HostTimer timer(context, "preprocess");
  LetterboxOptions options;
  options.size = config.image_size;
  options.pad_value = config.pad_value;
  options.mean_rgb = config.mean_rgb;
  options.std_rgb = config.std_rgb;
  return PreprocessVitDet(picture, options, allocator);
}

absl::StatusOr<std::vector<Box>> Proposals(const VitDetConfig& config, const StageResult& rpn,
                                           RequestContext& context) {
  HostTimer timer(context, "proposals");
  const size_t levels = config.strides.size();
  OMSERVE_ASSIGN_OR_RETURN(const auto cls, FetchedOutputs(rpn, kRpn, 0, levels));
  OMSERVE_ASSIGN_OR_RETURN(const auto reg, FetchedOutputs(rpn, kRpn, levels, levels));
  RpnOptions options;
  options.strides = config.strides;
  options.anchor_scales = config.anchor_scales;
  options.anchor_ratios = config.anchor_ratios;
  options.frame_width = config.image_size;
  options.frame_height = config.image_size;
  options.nms_pre = config.rpn_nms_pre;
  options.nms_iou = config.rpn_nms_iou;
  options.max_proposals = config.rpn_max_proposals;
  const auto proposals = RpnProposals(cls, reg, options);
  if (!proposals.ok()) return StageError(kRpn, proposals.status());
  std::vector<Box> boxes;
  boxes.reserve(proposals->size());
  for (const Proposal& proposal : *proposals) boxes.push_back(proposal.box);
  return boxes;
}

absl::StatusOr<RoiAligner> Aligner(const VitDetConfig& config, const StageResult& pyramid) {
  const size_t levels = config.strides.size() - 1;  // the last is for the RPN only
  OMSERVE_ASSIGN_OR_RETURN(auto maps, FetchedOutputs(pyramid, kBackbone, 0, levels));
  auto aligner = RoiAligner::Create(
      std::move(maps), {config.strides.begin(), config.strides.end() - 1}, config.roi_finest_scale);
  if (!aligner.ok()) return StageError(kBackbone, aligner.status());
  return aligner;
}

HostTensor Crops(RoiAligner& aligner, const std::vector<Box>& rois, int size,
                 RequestContext& context, TensorAllocator& allocator) {
  HostTimer timer(context, "roi_align");
  return aligner.Align(rois, size, allocator);
}

// The detections in the model frame, best first, before the caller's options.
absl::StatusOr<std::vector<ScoredBox>> Boxes(const VitDetConfig& config,
                                             const std::vector<Box>& proposals,
                                             const StageResult& heads) {
  OMSERVE_ASSIGN_OR_RETURN(const auto outputs, FetchedOutputs(heads, kRoiBox, 0, 2));
  BoxOptions options;
  options.num_classes = config.num_classes;
  options.frame_width = static_cast<float>(config.image_size);
  options.frame_height = static_cast<float>(config.image_size);
  options.score_min = config.box_score_min;
  options.nms_iou = config.box_nms_iou;
  options.max_detections = config.box_max_detections;
  auto found = BoxPostprocess(proposals, outputs[0], outputs[1], options);
  if (!found.ok()) return StageError(kRoiBox, found.status());
  return found;
}

// De-duplication first, the threshold second, the number last; counts go to the result.
std::vector<ScoredBox> Select(const std::vector<ScoredBox>& found, const DetectOptions& options,
                              DetectResult& result) {
  result.raw_count = static_cast<int>(found.size());
  std::vector<ScoredBox> kept = found;
  if (options.dedup == DedupPolicy::kKeepTop1PerLabel) {
    std::vector<int> labels;
    for (const ScoredBox& one : found) labels.push_back(one.label);
    kept.clear();
    for (const size_t i : KeepTop1PerLabel(labels)) kept.push_back(found[i]);
  }
  result.after_dedup = static_cast<int>(kept.size());
  std::erase_if(kept, [&](const ScoredBox& one) { return one.score < options.score_threshold; });
  if (kept.size() > static_cast<size_t>(options.max_detections)) {
    kept.resize(static_cast<size_t>(options.max_detections));
  }
  return kept;
}

// How many of 'items' ran at the stage, when the runner has a limit for one request.
absl::StatusOr<size_t> ItemsRun(std::string_view stage, size_t items, const StageResult& result) {
  if (result.items_cut >= 0 && result.items_cut <= static_cast<int64_t>(items)) {
    return items - static_cast<size_t>(result.items_cut);
  }
  return StageError(stage, absl::InternalError("more items were cut than there are"));
}

// Into pixels of the original picture: two different factors, no clip.
Detection ToDetection(const ScoredBox& found, const Letterboxed& frame) {
  Detection detection;
  detection.label = found.label;
  detection.score = found.score;
  detection.box = {found.box.x1 / frame.scale_x, found.box.y1 / frame.scale_y,
                   found.box.x2 / frame.scale_x, found.box.y2 / frame.scale_y};
  return detection;
}

}  // namespace

absl::StatusOr<VitDet> VitDet::Create(VitDetConfig config) {
  OMSERVE_RETURN_IF_ERROR(CheckConfig(config));
  return VitDet(std::move(config));
}

Task<absl::StatusOr<DetectResult>> VitDet::Detect(ModelRunner& runner, RequestContext& context,
                                                  ImageInput image, DetectOptions options) const {
  OMSERVE_CO_RETURN_IF_ERROR(CheckOptions(options));
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());
  const size_t levels = config_.strides.size();
  DetectResult result;

  HostTimer decoding(context, "decode");
  OMSERVE_CO_ASSIGN_OR_RETURN(Picture picture,
                              Decode(image, config_.limits, Orientation::kHonourExif));
  decoding.Stop();
  result.image_width = picture.width();
  result.image_height = picture.height();

  OMSERVE_CO_ASSIGN_OR_RETURN(Letterboxed frame,
                              Preprocess(config_, picture, context, runner.allocator()));
  picture = Picture();
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());

  // The RPN runs on the device right behind the backbone.
  StageRun backbone = runner.Start(BackboneCall(std::move(frame.tensor), levels), context);
  StageRun rpn = runner.Start(RpnCall(backbone, levels), context);
  absl::StatusOr<StageResult> pyramid_or = co_await std::move(backbone);
  absl::StatusOr<StageResult> raw_or = co_await std::move(rpn);
  OMSERVE_CO_ASSIGN_OR_RETURN(StageResult pyramid, std::move(pyramid_or));
  OMSERVE_CO_ASSIGN_OR_RETURN(const StageResult raw, std::move(raw_or));
  for (StageTensor& level : pyramid.outputs) level.device = nullptr;  // the host goes on alone

  OMSERVE_CO_ASSIGN_OR_RETURN(std::vector<Box> proposals, Proposals(config_, raw, context));
  if (proposals.empty()) co_return result;
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());

  OMSERVE_CO_ASSIGN_OR_RETURN(RoiAligner aligner, Aligner(config_, pyramid));
  StageCall box_call =
      HostCall(kRoiBox, static_cast<int64_t>(proposals.size()),
               Crops(aligner, proposals, config_.roi_box_size, context, runner.allocator()), 2);
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());
  OMSERVE_CO_ASSIGN_OR_RETURN(StageResult heads, co_await runner.Run(std::move(box_call), context));

  OMSERVE_CO_ASSIGN_OR_RETURN(const size_t scored, ItemsRun(kRoiBox, proposals.size(), heads));
  result.proposals_cut = heads.items_cut;
  proposals.resize(scored);  // the best ones

  HostTimer boxing(context, "boxes");
  OMSERVE_CO_ASSIGN_OR_RETURN(const std::vector<ScoredBox> found, Boxes(config_, proposals, heads));
  const std::vector<ScoredBox> selected = Select(found, options, result);
  for (const ScoredBox& one : selected) result.detections.push_back(ToDetection(one, frame));
  boxing.Stop();
  if (selected.empty() || options.mask_form == MaskForm::kNone) co_return result;
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());

  // Only the detections that the caller will see cost a mask; they are cropped in the model frame.
  std::vector<Box> rois;
  for (const ScoredBox& one : selected) rois.push_back(one.box);
  StageCall mask_call =
      HostCall(kRoiMask, static_cast<int64_t>(rois.size()),
               Crops(aligner, rois, config_.roi_mask_size, context, runner.allocator()), 1);
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());
  OMSERVE_CO_ASSIGN_OR_RETURN(StageResult masks,
                              co_await runner.Run(std::move(mask_call), context));

  OMSERVE_CO_ASSIGN_OR_RETURN(const size_t masked, ItemsRun(kRoiMask, rois.size(), masks));
  result.masks_cut = masks.items_cut;

  HostTimer pasting(context, "masks");
  OMSERVE_CO_ASSIGN_OR_RETURN(const auto logits, FetchedOutputs(masks, kRoiMask, 0, 1));
  const absl::Status filled = FillMasks(
      logits[0], config_.num_classes, result.image_width, result.image_height,
      config_.mask_threshold, options.mask_form, std::span(result.detections).first(masked));
  if (!filled.ok()) co_return StageError(kRoiMask, filled);
  co_return result;
}

}  // namespace omserve
