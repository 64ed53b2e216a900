// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/pipeline_adapters.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipelines/base/status_macros.h"
#include "server/service/kserve/bytes_elements.h"
#include "server/service/kserve/datatype.h"
#include "server/service/kserve/image_input_tensor.h"

namespace omserve::kserve {
namespace {

// A parameter into an optional number of the request, whose own checks have the ranges.
template <typename Set>
void TakeInt(ParameterReader& parameters, const std::string& name, Set set) {
  const std::optional<int64_t> value = parameters.Integer(name);
  if (!value.has_value()) return;
  if (*value < std::numeric_limits<int32_t>::min() ||
      *value > std::numeric_limits<int32_t>::max()) {
    return parameters.Refuse(name, "is out of range");
  }
  set(static_cast<int32_t>(*value));
}
template <typename Set>
void TakeNumber(ParameterReader& parameters, const std::string& name, Set set) {
  if (const auto value = parameters.Number(name)) set(static_cast<float>(*value));
}

template <typename Request>
void SetCommon(const InferRequest& request, Request& out) {
  out.set_model(request.model());
  out.set_version(request.version());
  out.set_request_id(request.request_id());
}

template <typename Request>
absl::Status SetImage(const InferRequest& request, ParameterReader& parameters, Request& out) {
  OMSERVE_ASSIGN_OR_RETURN(auto images, ReadImages(request, parameters, 1));
  *out.mutable_image() = std::move(images.front());
  return absl::OkStatus();
}

template <typename Response>
void TakeCommon(const Response& response, InferAnswer& out) {
  out.set_model(response.model());
  out.set_version(response.version());
  out.set_request_id(response.request_id());
}

// Rows of four corners; texts as BYTES.
void AddBox(const v1::BoundingBox& box, std::vector<float>& boxes) {
  boxes.insert(boxes.end(), {box.x1(), box.y1(), box.x2(), box.y2()});
}

void AddSize(int32_t height, int32_t width, InferAnswer& out) {
  out.Add("image_size", "INT32", {2}, std::vector<int32_t>{height, width});
}

// The best classes, best first.
void AddClasses(const v1::EmbedResponse& response, InferAnswer& out) {
  std::vector<float> scores;
  std::vector<int32_t> labels;
  std::string names;
  for (const v1::ClassScore& found : response.top()) {
    scores.push_back(found.score());
    labels.push_back(found.label());
    AppendElement(found.label_name(), names);
  }
  const int64_t n = response.top_size();
  out.Add("scores", "FP32", {n}, scores);
  out.Add("labels", "INT32", {n}, labels);
  out.Add("label_names", kBytes, {n}, std::move(names));
}

}  // namespace

absl::Status DetectAdapter::Fill(const InferRequest& request, ParameterReader& parameters,
                                 v1::DetectRequest& out) {
  SetCommon(request, out);
  TakeNumber(parameters, "score_threshold", [&](float v) { out.set_score_threshold(v); });
  TakeInt(parameters, "max_detections", [&](int32_t v) { out.set_max_detections(v); });
  if (const auto dedup = parameters.Word("dedup", {"none", "keep_top1_per_label"})) {
    out.set_dedup(*dedup == 0 ? v1::DEDUP_POLICY_NONE : v1::DEDUP_POLICY_KEEP_TOP1_PER_LABEL);
  }
  const int form = parameters.Word("mask_form", {"none", "rle", "png"}).value_or(1);
  constexpr v1::MaskForm kForms[] = {v1::MASK_FORM_NONE, v1::MASK_FORM_RLE, v1::MASK_FORM_PNG};
  out.set_mask_form(kForms[form]);
  return SetImage(request, parameters, out);
}

void DetectAdapter::Convert(v1::DetectResponse response, InferAnswer& out) {
  TakeCommon(response, out);
  std::vector<float> boxes, scores;
  std::vector<int32_t> labels;
  std::string names, masks;
  for (const v1::Detection& found : response.detections()) {
    AddBox(found.box(), boxes);
    scores.push_back(found.score());
    labels.push_back(found.label());
    AppendElement(found.label_name(), names);
    AppendElement(found.mask().has_rle() ? found.mask().rle().counts() : found.mask().png(), masks);
  }
  const int64_t n = response.detections_size();
  out.Add("boxes", "FP32", {n, 4}, boxes);
  out.Add("scores", "FP32", {n}, scores);
  out.Add("labels", "INT32", {n}, labels);
  out.Add("label_names", kBytes, {n}, std::move(names));
  out.Add("masks", kBytes, {n}, std::move(masks));
  AddSize(response.image_height(), response.image_width(), out);
  out.SetParameter("raw_count", int64_t{response.raw_count()});
  out.SetParameter("after_dedup", int64_t{response.after_dedup()});
  out.SetParameter("proposals_cut", int64_t{response.proposals_cut()});
  out.SetParameter("masks_cut", int64_t{response.masks_cut()});
}

absl::Status EmbedAdapter::Fill(const InferRequest& request, ParameterReader& parameters,
                                v1::EmbedRequest& out) {
  SetCommon(request, out);
  if (const auto feature = parameters.Word("feature", {"cls", "mean", "cls_mean", "all_tokens"})) {
    out.set_feature(static_cast<v1::Feature>(v1::FEATURE_CLS + *feature));
  }
  TakeInt(parameters, "top_k", [&](int32_t v) { out.set_top_k(v); });
  return SetImage(request, parameters, out);
}

void EmbedAdapter::Convert(v1::EmbedResponse response, InferAnswer& out) {
  TakeCommon(response, out);
  out.Add("features", "FP32", Shape(response.shape().begin(), response.shape().end()),
          std::vector<float>(response.features().begin(), response.features().end()));
  AddClasses(response, out);
}

absl::Status ClassifyAdapter::Fill(const InferRequest& request, ParameterReader& parameters,
                                   v1::EmbedRequest& out) {
  SetCommon(request, out);
  TakeInt(parameters, "top_k", [&](int32_t v) { out.set_top_k(v); });
  return SetImage(request, parameters, out);
}

void ClassifyAdapter::Convert(v1::EmbedResponse response, InferAnswer& out) {
  TakeCommon(response, out);
  AddClasses(response, out);
}

absl::Status ReadTextAdapter::Fill(const InferRequest& request, ParameterReader& parameters,
                                   v1::ReadTextRequest& out) {
  SetCommon(request, out);
  constexpr v1::ReadTask kTasks[] = {v1::READ_TASK_DETECT_AND_RECOGNISE, v1::READ_TASK_DETECT,
                                     v1::READ_TASK_RECOGNISE};
  const int task = parameters.Word("task", {"read", "detect", "recognise"}).value_or(0);
  out.set_task(kTasks[task]);
  TakeNumber(parameters, "min_score", [&](float v) { out.set_min_score(v); });
  TakeNumber(parameters, "box_score_min", [&](float v) { out.set_box_score_min(v); });
  TakeNumber(parameters, "unclip_ratio", [&](float v) { out.set_unclip_ratio(v); });
  if (const auto orientation = parameters.Flag("orientation")) out.set_orientation(*orientation);
  TakeInt(parameters, "max_lines", [&](int32_t v) { out.set_max_lines(v); });
  if (out.task() != v1::READ_TASK_RECOGNISE) return SetImage(request, parameters, out);
  OMSERVE_ASSIGN_OR_RETURN(auto lines, ReadImages(request, parameters, kMostTextLines));
  for (v1::Image& line : lines) *out.add_lines() = std::move(line);
  return absl::OkStatus();
}

void ReadTextAdapter::Convert(v1::ReadTextResponse response, InferAnswer& out) {
  constexpr int kCorners = 8;  // x and y of four
  TakeCommon(response, out);
  std::string texts;
  std::vector<float> scores, quads, boxes, box_scores;
  std::vector<int32_t> turned;
  for (const v1::TextLine& line : response.lines()) {
    AppendElement(line.text(), texts);
    scores.push_back(line.score());
    for (int i = 0; i < kCorners; ++i) {
      quads.push_back(i < line.outline_size() ? line.outline(i) : 0.0F);
    }
    AddBox(line.box(), boxes);
    box_scores.push_back(line.box_score());
    turned.push_back(line.turned());
  }
  const int64_t n = response.lines_size();
  out.Add("texts", kBytes, {n}, std::move(texts));
  out.Add("scores", "FP32", {n}, scores);
  out.Add("quads", "FP32", {n, 4, 2}, quads);
  out.Add("boxes", "FP32", {n, 4}, boxes);
  out.Add("box_scores", "FP32", {n}, box_scores);
  out.Add("turned", "INT32", {n}, turned);
  AddSize(response.image_height(), response.image_width(), out);
  out.SetParameter("lines_found", int64_t{response.lines_found()});
  out.SetParameter("lines_below_score", int64_t{response.lines_below_score()});
  out.SetParameter("places_cut", int64_t{response.places_cut()});
}

}  // namespace omserve::kserve
