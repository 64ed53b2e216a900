// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/answer_conversion.h"

#include <string>
#include <utility>

namespace omserve {
namespace {

void ConvertDuration(absl::Duration from, google::protobuf::Duration& to) {
  to.set_seconds(absl::IDivDuration(from, absl::Seconds(1), &from));
  to.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(from)));
}

void ConvertTime(absl::Time from, google::protobuf::Timestamp& to) {
  const int64_t seconds = absl::ToUnixSeconds(from);
  to.set_seconds(seconds);
  to.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(from - absl::FromUnixSeconds(seconds))));
}

void ConvertMask(Mask mask, v1::Mask& out) {
  switch (mask.form) {
    case MaskForm::kNone:
      return;
    case MaskForm::kRle:
      out.mutable_rle()->set_height(mask.height);
      out.mutable_rle()->set_width(mask.width);
      out.mutable_rle()->set_counts(std::move(mask.bytes));
      return;
    case MaskForm::kPng:
      out.set_png(std::move(mask.bytes));
      return;
    case MaskForm::kPolygon:
      out.mutable_polygons();
      for (const std::vector<float>& contour : mask.polygons) {
        out.mutable_polygons()->add_polygons()->mutable_xy()->Add(contour.begin(), contour.end());
      }
      return;
  }
}

}  // namespace

void ConvertDetections(DetectResult result, const ServedModel& model, v1::DetectResponse& out) {
  out.set_image_width(result.image_width);
  out.set_image_height(result.image_height);
  out.set_raw_count(result.raw_count);
  out.set_after_dedup(result.after_dedup);
  out.set_proposals_cut(static_cast<int32_t>(result.proposals_cut));
  out.set_masks_cut(static_cast<int32_t>(result.masks_cut));
  for (Detection& found : result.detections) {
    v1::Detection& to = *out.add_detections();
    to.set_label(found.label);
    to.set_label_name(std::string(model.LabelName(found.label)));
    to.set_score(found.score);
    to.mutable_box()->set_x1(found.box.x1);
    to.mutable_box()->set_y1(found.box.y1);
    to.mutable_box()->set_x2(found.box.x2);
    to.mutable_box()->set_y2(found.box.y2);
    if (found.mask.form != MaskForm::kNone) ConvertMask(std::move(found.mask), *to.mutable_mask());
  }
}

void ConvertFeatures(EmbedResult result, const ServedModel& model, v1::EmbedResponse& out) {
  out.mutable_shape()->Add(result.shape.begin(), result.shape.end());
  out.mutable_features()->Add(result.features.begin(), result.features.end());
  ConvertClasses(result.top, model, out);
}

void ConvertClasses(const std::vector<ClassScore>& best, const ServedModel& model,
                    v1::EmbedResponse& out) {
  for (const ClassScore& score : best) {
    v1::ClassScore& to = *out.add_top();
    to.set_label(score.label);
    to.set_label_name(std::string(model.LabelName(score.label)));
    to.set_score(score.score);
  }
}

void ConvertTiming(absl::Time received, absl::Time sent, const std::vector<StageTiming>& stages,
                   v1::Timing& out) {
  ConvertTime(received, *out.mutable_received());
  ConvertTime(sent, *out.mutable_sent());
  for (const StageTiming& stage : stages) {
    v1::StageTiming& to = *out.add_stages();
    to.set_stage(stage.stage);
    to.set_device(stage.device);
    ConvertDuration(stage.host, *to.mutable_host());
    if (stage.device < 0) continue;
    ConvertDuration(stage.queue, *to.mutable_queue());
    ConvertDuration(stage.batch_form, *to.mutable_batch_form());
    ConvertDuration(stage.h2d, *to.mutable_h2d());
    ConvertDuration(stage.gather, *to.mutable_gather());
    ConvertDuration(stage.execute, *to.mutable_execute());
    ConvertDuration(stage.d2h, *to.mutable_d2h());
    to.set_batch_size(stage.batch_size);
    to.set_padding(stage.padding);
    to.set_batches(stage.batches);
  }
}

void ConvertModel(const ServedModel& model, bool ready, v1::ModelInfo& out) {
  out.set_name(model.name);
  out.set_version(model.version);
  constexpr const char* kPipelines[] = {"vitdet", "internvit", "ppocr", "tensor", "classify"};
  out.set_pipeline(kPipelines[model.pipeline.index()]);
  out.mutable_labels()->Add(model.labels.begin(), model.labels.end());
  out.mutable_stages()->Add(model.stages.begin(), model.stages.end());
  out.set_ready(ready);
}

}  // namespace omserve
