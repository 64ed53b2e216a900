// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "aipp.h"

#include <gtest/gtest.h>

#include <vector>

#include "aipp_file.h"

namespace hostacl {
namespace {

std::vector<float> Apply(const Aipp& aipp, const AippShape& shape,
                         const std::vector<uint8_t>& picture) {
  std::vector<float> values(
      static_cast<size_t>(shape.batch * shape.channels * aipp.HeightAfter(shape.height) *
                          aipp.WidthAfter(shape.width)),
      -1);
  ApplyAipp(aipp, shape, picture.data(), values.data());
  return values;
}

TEST(AippTest, RgbBecomesPlanesAndIsNormalised) {
  Aipp aipp;
  aipp.mean = {10, 20, 30, 0};
  aipp.least = {0, 0, 10, 0};
  aipp.factor = {1, 2, 0.5f, 1};
  const AippShape shape{.height = 1, .width = 2};
  EXPECT_EQ(Apply(aipp, shape, {11, 22, 60, 13, 20, 40}), (std::vector<float>{1, 3, 4, 0, 10, 0}));
  aipp.swap_red_blue = true;
  EXPECT_EQ(Apply(aipp, shape, {60, 22, 11, 40, 20, 13}), (std::vector<float>{1, 3, 4, 0, 10, 0}));
}

TEST(AippTest, ChannelsLastAndBatches) {
  const AippShape shape{.batch = 2, .height = 1, .width = 1, .channels_first = false};
  EXPECT_EQ(Apply(Aipp{}, shape, {1, 2, 3, 4, 5, 6}), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(AippTest, CropThenPad) {
  Aipp aipp{.format = PictureFormat::kYuv400};
  aipp.crop = true;
  aipp.crop_left = 1;
  aipp.crop_top = 1;
  aipp.crop_width = 2;
  aipp.crop_height = 1;
  aipp.padding = true;
  aipp.pad_left = 1;
  aipp.pad_bottom = 1;
  aipp.pad_value = 7;
  aipp.factor = {2, 1, 1, 1};
  const AippShape shape{.height = 2, .width = 3, .channels = 1};
  EXPECT_EQ(Apply(aipp, shape, {1, 2, 3, 4, 5, 6}), (std::vector<float>{7, 10, 12, 7, 7, 7}));
}

// The matrix of the vendor's manual for JPEG pictures, checked by hand:
// R = (256*100 + 359*(140-128)) >> 8 = 116, G = (256*100 - 88*(118-128) - 183*12) >> 8 = 94,
// B = (256*100 + 454*(118-128)) >> 8 = 82.
TEST(AippTest, YuvIsUpsampledAndConverted) {
  Aipp aipp{.format = PictureFormat::kYuv420sp};
  aipp.convert = true;
  aipp.matrix = {256, 0, 359, 256, -88, -183, 256, 454, 0};
  aipp.input_bias = {0, 128, 128};
  const AippShape shape{.height = 2, .width = 2};
  const std::vector<uint8_t> nv12 = {100, 100, 100, 255, 118, 140};
  const std::vector<float> values = Apply(aipp, shape, nv12);
  EXPECT_EQ(values[0], 116);
  EXPECT_EQ(values[4], 94);
  EXPECT_EQ(values[8], 82);
  EXPECT_EQ(values[3], 255);  // 271, clamped
  aipp.swap_red_blue = true;  // NV21
  EXPECT_EQ(Apply(aipp, shape, {100, 100, 100, 255, 140, 118}), values);
}

TEST(AippTest, RgbToYuvTakesTheOutputBias) {
  Aipp aipp;
  aipp.convert = true;
  aipp.matrix = {66, 129, 25, -38, -74, 112, 112, -94, -18};
  aipp.output_bias = {16, 128, 128};
  const AippShape shape{.height = 1, .width = 1};
  // Y = (66*255) >> 8 = 65; U = -9690 >> 8 = -38; V = 28560 >> 8 = 111.
  EXPECT_EQ(Apply(aipp, shape, {255, 0, 0}), (std::vector<float>{81, 90, 239}));
}

TEST(AippTest, FourChannels) {
  Aipp aipp{.format = PictureFormat::kXrgb8888};
  const AippShape all{.height = 1, .width = 1, .channels = 4};
  EXPECT_EQ(Apply(aipp, all, {9, 1, 2, 3}), (std::vector<float>{9, 1, 2, 3}));
  aipp.swap_alpha = true;
  const AippShape three{.height = 1, .width = 1, .channels = 3};
  EXPECT_EQ(Apply(aipp, three, {9, 1, 2, 3}), (std::vector<float>{1, 2, 3}));
  aipp.swap_red_blue = true;
  EXPECT_EQ(Apply(aipp, three, {9, 1, 2, 3}), (std::vector<float>{3, 2, 1}));
}

constexpr char kFile[] = R"(# comment
aipp_op {
  aipp_mode: static
  related_input_rank : 0
  input_format: RGB888_U8   # inline
  src_image_size_w: 6, src_image_size_h: 5;
  crop: true
  load_start_pos_w: 1
  load_start_pos_h: 2
  crop_size_w: 4
  crop_size_h: 3
  mean_chn_0: 104
  min_chn_1: 1.5
  var_reci_chn_2: 0.25
}
)";

OmModel Model(const std::vector<int64_t>& dims) {
  OmModel om;
  om.inputs = {OmTensor{.name = "x", .dims = dims, .at = {}, .aipp = {}}};
  return om;
}

TEST(AippFileTest, ReadsABlock) {
  std::vector<AippBlock> blocks;
  std::string problem;
  ASSERT_TRUE(ParseAippFile(kFile, &blocks, &problem)) << problem;
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].line, 2);
  EXPECT_EQ(blocks[0].width, 6);
  EXPECT_EQ(blocks[0].steps.crop_top, 2);
  EXPECT_EQ(blocks[0].steps.mean[0], 104);
  EXPECT_EQ(blocks[0].steps.least[1], 1.5f);
  EXPECT_EQ(blocks[0].steps.factor[2], 0.25f);
  EXPECT_EQ(blocks[0].steps.factor[0], 1);
}

TEST(AippFileTest, InputBecomesThePicture) {
  std::vector<AippBlock> blocks;
  std::string problem;
  ASSERT_TRUE(ParseAippFile(kFile, &blocks, &problem));
  OmModel om = Model({2, 3, 3, 4});
  ASSERT_TRUE(ApplyAippBlocks(blocks, "NCHW", &om, &problem)) << problem;
  EXPECT_EQ(om.inputs[0].type, ACL_UINT8);
  EXPECT_EQ(om.inputs[0].format, ACL_FORMAT_NHWC);
  EXPECT_EQ(om.inputs[0].dims, (std::vector<int64_t>{2, 5, 6, 3}));
  EXPECT_EQ(om.inputs[0].GraphDimsAt(0), (std::vector<int64_t>{2, 3, 3, 4}));
}

TEST(AippFileTest, ErrorsNameLineAndField) {
  const std::string head = "aipp_op {\n aipp_mode: static\n input_format: RGB888_U8\n";
  for (const auto& [text, line, field] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"", "line 1", "no aipp_op"},
           {"aipp_op {\n aipp_mode: dynamic\n}", "line 2", "dynamic AIPP is not supported"},
           {"aipp_op {\n input_format: RGB888_U8\n}", "line 1", "no aipp_mode"},
           {"aipp_op {\n aipp_mode: static\n}", "line 1", "no input_format"},
           {head + " mean: 1\n}", "line 4", "no field \"mean\""},
           {head + " crop: maybe\n}", "line 4", "crop is \"maybe\""},
           {head + " crop: true\n crop: true\n}", "line 5", "crop is there twice"},
           {head + " src_image_size_w: -3\n}", "line 4", "src_image_size_w"},
           {head + " mean_chn_0: 1e9\n}", "line 4", "mean_chn_0"},
           {head + " matrix_r0c0: 99999\n}", "line 4", "matrix_r0c0"},
           {head + " resize: true\n}", "line 4", "resize"},
           {head + " related_input_name: x\n}", "line 4", "in quotes"},
           {head + " related_input_name: \"x\n}", "line 4", "without an end"},
           {head + " crop true\n}", "line 4", "expected :"},
           {head + " crop:\n}", "line 5", "a value for crop"},
           {head, "line 3", "a field or }"},
           {head + "}\nother {}", "line 5", "expected aipp_op"}}) {
    std::vector<AippBlock> blocks;
    std::string problem;
    EXPECT_FALSE(ParseAippFile(text, &blocks, &problem)) << text;
    EXPECT_EQ(problem.find(line + ":"), 0u) << text << "\n" << problem;
    EXPECT_NE(problem.find(field), std::string::npos) << text << "\n" << problem;
  }
}

TEST(AippFileTest, PicturesThatDoNotFitAreRefused) {
  struct Case {
    std::string fields;
    std::vector<int64_t> dims;
    std::string reason;
  };
  for (const Case& item : {
           Case{"related_input_rank: 1", {1, 3, 2, 2}, "related_input_rank"},
           Case{"related_input_name: \"z\"", {1, 3, 2, 2}, "related_input_name"},
           Case{"src_image_size_w: 4", {1, 3, 2, 2}, "the picture is 4x2, the graph takes 2x2"},
           Case{"crop: true load_start_pos_w: 1", {1, 3, 2, 2}, "leaves the picture"},
           Case{"", {1, 5, 2, 2}, "has 3 channels, input x takes 5"},
           Case{"", {1, 3}, "4 dims"},
       }) {
    std::vector<AippBlock> blocks;
    std::string problem;
    ASSERT_TRUE(
        ParseAippFile("aipp_op { aipp_mode: static input_format: RGB888_U8 " + item.fields + " }",
                      &blocks, &problem))
        << problem;
    OmModel om = Model(item.dims);
    EXPECT_FALSE(ApplyAippBlocks(blocks, "NCHW", &om, &problem)) << item.reason;
    EXPECT_NE(problem.find(item.reason), std::string::npos) << problem;
    EXPECT_NE(problem.find("line 1"), std::string::npos) << problem;
  }
}

TEST(AippFileTest, YuvMustBeEvenAndDimsGearsAreRefused) {
  std::vector<AippBlock> blocks;
  std::string problem;
  ASSERT_TRUE(
      ParseAippFile("aipp_op{aipp_mode:static input_format:YUV420SP_U8}", &blocks, &problem))
      << problem;
  OmModel odd = Model({1, 3, 3, 2});
  EXPECT_FALSE(ApplyAippBlocks(blocks, "NCHW", &odd, &problem));
  EXPECT_NE(problem.find("even"), std::string::npos);
  OmModel even = Model({1, 3, 4, 2});
  ASSERT_TRUE(ApplyAippBlocks(blocks, "NCHW", &even, &problem)) << problem;
  EXPECT_EQ(even.inputs[0].dims, (std::vector<int64_t>{1, 6, 2, 1}));
  OmModel free = Model({1, 3, 4, 2});
  free.kind = GearKind::kDims;
  EXPECT_FALSE(ApplyAippBlocks(blocks, "NCHW", &free, &problem));
  EXPECT_NE(problem.find("exclude"), std::string::npos);
}

}  // namespace
}  // namespace hostacl
