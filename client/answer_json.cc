// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/answer_json.h"

#include <vector>

#include "absl/strings/escaping.h"

namespace omserve::client {
namespace {

using nlohmann::json;

// RLE as pycocotools wants it, polygons as COCO writes them, a PNG in base64.
json MaskToJson(const v1::Mask& mask) {
  switch (mask.form_case()) {
    case v1::Mask::kRle:
      return {{"size", {mask.rle().height(), mask.rle().width()}}, {"counts", mask.rle().counts()}};
    case v1::Mask::kPng:
      return {{"png_base64", absl::Base64Escape(mask.png())}};
    case v1::Mask::kPolygons: {
      json polygons = json::array();
      for (const v1::Mask::Polygon& polygon : mask.polygons().polygons()) {
        polygons.push_back(std::vector<float>(polygon.xy().begin(), polygon.xy().end()));
      }
      return polygons;
    }
    case v1::Mask::FORM_NOT_SET:
      break;
  }
  return nullptr;
}

json DetectionToJson(const v1::Detection& detection) {
  const v1::BoundingBox& box = detection.box();
  json document = {{"label", detection.label()},
                   {"label_name", detection.label_name()},
                   {"score", detection.score()},
                   {"box", {box.x1(), box.y1(), box.x2(), box.y2()}}};
  if (detection.has_mask()) {
    document["segmentation"] = MaskToJson(detection.mask());
  }
  return document;
}

}  // namespace

double Milliseconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) * 1e3 + duration.nanos() / 1e6;
}

json TimingToJson(const v1::Timing& timing) {
  json stages = json::array();
  for (const v1::StageTiming& stage : timing.stages()) {
    stages.push_back({{"stage", stage.stage()},
                      {"queue_ms", Milliseconds(stage.queue())},
                      {"batch_form_ms", Milliseconds(stage.batch_form())},
                      {"h2d_ms", Milliseconds(stage.h2d())},
                      {"execute_ms", Milliseconds(stage.execute())},
                      {"d2h_ms", Milliseconds(stage.d2h())},
                      {"host_ms", Milliseconds(stage.host())},
                      {"device", stage.device()},
                      {"batch_size", stage.batch_size()},
                      {"padding", stage.padding()},
                      {"batches", stage.batches()}});
  }
  const double seconds = static_cast<double>(timing.sent().seconds() - timing.received().seconds());
  const double nanos = timing.sent().nanos() - timing.received().nanos();
  return {{"received_to_sent_ms", seconds * 1e3 + nanos / 1e6}, {"stages", std::move(stages)}};
}

json ErrorToJson(const absl::Status& status) {
  if (status.ok()) {
    return nullptr;
  }
  return {{"code", absl::StatusCodeToString(status.code())},
          {"message", std::string(status.message())}};
}

json ToJson(const DetectFileAnswer& answer) {
  json document = {{"file", answer.file}, {"error", ErrorToJson(answer.status)}};
  if (!answer.status.ok()) {
    return document;
  }
  const v1::DetectResponse& response = answer.answer;
  json detections = json::array();
  for (const v1::Detection& detection : response.detections()) {
    detections.push_back(DetectionToJson(detection));
  }
  document["model"] = response.model();
  document["image"] = {{"width", response.image_width()}, {"height", response.image_height()}};
  document["detections"] = std::move(detections);
  document["raw_count"] = response.raw_count();
  document["after_dedup"] = response.after_dedup();
  document["proposals_cut"] = response.proposals_cut();
  document["masks_cut"] = response.masks_cut();
  document["timing"] = TimingToJson(response.timing());
  return document;
}

json ToJson(const EmbedFileAnswer& answer) {
  json document = {{"file", answer.file}, {"error", ErrorToJson(answer.status)}};
  if (!answer.status.ok()) {
    return document;
  }
  const v1::EmbedResponse& response = answer.answer;
  json top = json::array();
  for (const v1::ClassScore& best : response.top()) {
    top.push_back(
        {{"label", best.label()}, {"label_name", best.label_name()}, {"score", best.score()}});
  }
  document["model"] = response.model();
  document["shape"] = std::vector<int64_t>(response.shape().begin(), response.shape().end());
  document["features"] = std::vector<float>(response.features().begin(), response.features().end());
  document["top"] = std::move(top);
  document["timing"] = TimingToJson(response.timing());
  return document;
}

json ToJson(const v1::ModelInfo& model) {
  return {{"name", model.name()},
          {"version", model.version()},
          {"pipeline", model.pipeline()},
          {"labels", std::vector<std::string>(model.labels().begin(), model.labels().end())},
          {"stages", std::vector<std::string>(model.stages().begin(), model.stages().end())},
          {"ready", model.ready()}};
}

std::string Dump(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace omserve::client
