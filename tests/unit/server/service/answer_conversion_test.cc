// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/answer_conversion.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;

std::unique_ptr<ServedModel> Model() {
  auto vit = InternVit::Create({});
  EXPECT_TRUE(vit.ok()) << vit.status();
  return std::unique_ptr<ServedModel>(
      new ServedModel{"m", "2", {"cat", "dog"}, {"internvit"}, *vit, nullptr, {}, {}});
}

TEST(ConvertDetectionsTest, CarriesEveryField) {
  DetectResult result;
  result.image_width = 30;
  result.image_height = 20;
  result.raw_count = 5;
  result.after_dedup = 4;
  Detection rle{1, 0.9F, {1, 2, 3, 4}, {MaskForm::kRle, 30, 20, "abc", {}}};
  Detection polygon{7, 0.5F, {}, {MaskForm::kPolygon, 30, 20, "", {{1, 2, 3, 4}}}};
  Detection bare{0, 0.4F, {}, {}};
  result.detections = {rle, polygon, bare};
  v1::DetectResponse out;
  ConvertDetections(result, *Model(), out);
  EXPECT_EQ(out.image_width(), 30);
  EXPECT_EQ(out.image_height(), 20);
  EXPECT_EQ(out.raw_count(), 5);
  EXPECT_EQ(out.after_dedup(), 4);
  ASSERT_EQ(out.detections_size(), 3);
  EXPECT_EQ(out.detections(0).label_name(), "dog");
  EXPECT_EQ(out.detections(0).box().y2(), 4);
  EXPECT_EQ(out.detections(0).mask().rle().counts(), "abc");
  EXPECT_EQ(out.detections(0).mask().rle().height(), 20);
  EXPECT_EQ(out.detections(1).label_name(), "") << "a label that the manifest does not name";
  EXPECT_THAT(out.detections(1).mask().polygons().polygons(0).xy(), ElementsAre(1, 2, 3, 4));
  EXPECT_FALSE(out.detections(2).has_mask());
}

TEST(ConvertFeaturesTest, CarriesEveryField) {
  EmbedResult result;
  result.shape = {2, 2};
  result.features = {1, 2, 3, 4};
  result.top = {{0, 0.75F}};
  v1::EmbedResponse out;
  ConvertFeatures(result, *Model(), out);
  EXPECT_THAT(out.shape(), ElementsAre(2, 2));
  EXPECT_THAT(out.features(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(out.top(0).label_name(), "cat");
  EXPECT_EQ(out.top(0).score(), 0.75F);
}

TEST(ConvertTimingTest, SplitsHostAndDeviceSteps) {
  StageTiming host;
  host.stage = "decode";
  host.host = absl::Milliseconds(1500);
  StageTiming device;
  device.stage = "backbone";
  device.device = 1;
  device.execute = absl::Microseconds(7);
  device.batch_size = 3;
  device.padding = 1;
  device.batches = 1;
  v1::Timing out;
  const absl::Time start = absl::FromUnixSeconds(100) + absl::Nanoseconds(5);
  ConvertTiming(start, start + absl::Seconds(1), {host, device}, out);
  EXPECT_EQ(out.received().seconds(), 100);
  EXPECT_EQ(out.received().nanos(), 5);
  EXPECT_EQ(out.sent().seconds(), 101);
  ASSERT_EQ(out.stages_size(), 2);
  EXPECT_EQ(out.stages(0).host().seconds(), 1);
  EXPECT_EQ(out.stages(0).host().nanos(), 500'000'000);
  EXPECT_EQ(out.stages(0).device(), -1);
  EXPECT_FALSE(out.stages(0).has_execute());
  EXPECT_EQ(out.stages(1).execute().nanos(), 7000);
  EXPECT_EQ(out.stages(1).batch_size(), 3);
  EXPECT_EQ(out.stages(1).padding(), 1);
}

TEST(ConvertModelTest, CarriesEveryField) {
  v1::ModelInfo out;
  ConvertModel(*Model(), true, out);
  EXPECT_EQ(out.name(), "m");
  EXPECT_EQ(out.version(), "2");
  EXPECT_EQ(out.pipeline(), "internvit");
  EXPECT_THAT(out.labels(), ElementsAre("cat", "dog"));
  EXPECT_THAT(out.stages(), ElementsAre("internvit"));
  EXPECT_TRUE(out.ready());
}

}  // namespace
}  // namespace omserve
