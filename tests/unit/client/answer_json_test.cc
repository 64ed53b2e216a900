// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/answer_json.h"

#include <gtest/gtest.h>

namespace omserve::client {
namespace {

using nlohmann::json;

DetectFileAnswer Answer() {
  DetectFileAnswer answer;
  answer.file = "a.jpg";
  v1::DetectResponse& response = answer.answer;
  response.set_model("vitdet");
  response.set_image_width(320);
  response.set_image_height(240);
  response.set_raw_count(7);
  response.set_after_dedup(5);
  response.set_masks_cut(2);
  v1::Detection* detection = response.add_detections();
  detection->set_label(3);
  detection->set_label_name("Dress");
  detection->set_score(0.5F);
  detection->mutable_box()->set_x1(1);
  detection->mutable_box()->set_y1(2);
  detection->mutable_box()->set_x2(3.5F);
  detection->mutable_box()->set_y2(4);
  response.mutable_timing()->mutable_received()->set_seconds(9);
  response.mutable_timing()->mutable_received()->set_nanos(900000000);
  response.mutable_timing()->mutable_sent()->set_seconds(10);
  v1::StageTiming* stage = response.mutable_timing()->add_stages();
  stage->set_stage("backbone");
  stage->mutable_queue()->set_nanos(1500000);
  stage->mutable_execute()->set_seconds(1);
  stage->set_device(1);
  stage->set_batch_size(4);
  stage->set_padding(2);
  stage->set_batches(1);
  return answer;
}

TEST(AnswerJsonTest, ConvertsDetections) {
  const json document = ToJson(Answer());
  const json expected = json::parse(R"({
    "file": "a.jpg", "model": "vitdet", "image": {"width": 320, "height": 240},
    "detections": [{"label": 3, "label_name": "Dress", "score": 0.5, "box": [1.0, 2.0, 3.5, 4.0]}],
    "raw_count": 7, "after_dedup": 5, "proposals_cut": 0, "masks_cut": 2,
    "timing": {"received_to_sent_ms": 100.0, "stages": [{"stage": "backbone", "queue_ms": 1.5,
      "batch_form_ms": 0.0, "h2d_ms": 0.0, "execute_ms": 1000.0, "d2h_ms": 0.0, "host_ms": 0.0,
      "device": 1, "batch_size": 4, "padding": 2, "batches": 1}]},
    "error": null})");
  EXPECT_EQ(document, expected) << document.dump(2);
}

TEST(AnswerJsonTest, ConvertsEveryMaskForm) {
  DetectFileAnswer answer = Answer();
  v1::Mask* mask = answer.answer.mutable_detections(0)->mutable_mask();
  mask->mutable_rle()->set_height(2);
  mask->mutable_rle()->set_width(3);
  mask->mutable_rle()->set_counts("123");
  EXPECT_EQ(ToJson(answer)["detections"][0]["segmentation"],
            json::parse(R"({"size": [2, 3], "counts": "123"})"));
  mask->set_png("\x89PNG");
  EXPECT_EQ(ToJson(answer)["detections"][0]["segmentation"],
            json::parse(R"({"png_base64": "iVBORw=="})"));
  v1::Mask::Polygon* polygon = mask->mutable_polygons()->add_polygons();
  polygon->add_xy(1);
  polygon->add_xy(2.5F);
  EXPECT_EQ(ToJson(answer)["detections"][0]["segmentation"], json::parse("[[1.0, 2.5]]"));
}

TEST(AnswerJsonTest, ConvertsErrors) {
  DetectFileAnswer answer;
  answer.file = "b.jpg";
  answer.status = absl::UnavailableError("nobody there");
  EXPECT_EQ(ToJson(answer), json::parse(R"({"file": "b.jpg",
    "error": {"code": "UNAVAILABLE", "message": "nobody there"}})"));
}

TEST(AnswerJsonTest, ConvertsEmbeddings) {
  EmbedFileAnswer answer;
  answer.file = "c.png";
  answer.answer.set_model("internvit");
  answer.answer.add_shape(2);
  answer.answer.add_features(0.5F);
  answer.answer.add_features(-1);
  v1::ClassScore* best = answer.answer.add_top();
  best->set_label(9);
  best->set_label_name("Boot");
  best->set_score(0.75F);
  const json document = ToJson(answer);
  EXPECT_EQ(document["features"], json::parse("[0.5, -1.0]"));
  EXPECT_EQ(document["shape"], json::parse("[2]"));
  EXPECT_EQ(document["top"], json::parse(R"([{"label": 9, "label_name": "Boot", "score": 0.75}])"));
  EXPECT_TRUE(document["error"].is_null());
}

TEST(AnswerJsonTest, DumpsNamesThatAreNotUtf8) {
  EXPECT_EQ(Dump({{"file", "a\xff"}}), "{\"file\":\"a\xEF\xBF\xBD\"}");
}

}  // namespace
}  // namespace omserve::client
