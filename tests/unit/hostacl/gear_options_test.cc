// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "gear_options.h"

#include <gtest/gtest.h>

namespace hostacl {
namespace {

using Gears = std::vector<std::vector<uint64_t>>;

OmTensor Input(const std::string& name, const std::vector<int64_t>& dims) {
  OmTensor tensor;
  tensor.name = name;
  tensor.dims = dims;
  return tensor;
}

TEST(GearOptionsTest, ReadsTheThreeKinds) {
  std::string problem;
  GearOptions batch;
  ASSERT_TRUE(ParseGears("dynamic_batch_size", "4, 1,2", &batch, &problem)) << problem;
  EXPECT_EQ(batch.gears, (Gears{{1}, {2}, {4}}));
  GearOptions image;
  ASSERT_TRUE(ParseGears("dynamic_image_size", "832,832;416,208;", &image, &problem)) << problem;
  EXPECT_EQ(image.gears, (Gears{{832, 832}, {416, 208}}));
  GearOptions dims;
  ASSERT_TRUE(ParseGears("dynamic_dims", "1,200;2,200", &dims, &problem)) << problem;
  EXPECT_EQ(dims.gears, (Gears{{1, 200}, {2, 200}}));
}

TEST(GearOptionsTest, RefusalsNameOptionAndGear) {
  std::string many = "1";
  for (int i = 2; i <= 101; ++i) many += ";" + std::to_string(i);
  for (const auto& [name, value, reason] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"dynamic_batch_size", "1", "2 to 100"},
           {"dynamic_batch_size", "1,2,1", "gear \"1\" is there twice"},
           {"dynamic_batch_size", "1,0", "gear \"0\""},
           {"dynamic_batch_size", "1,x", "gear \"x\""},
           {"dynamic_image_size", "416,416", "2 to 100"},
           {"dynamic_image_size", "416,416;416", "gear \"416\" has 1 values, not 2"},
           {"dynamic_image_size", "416,416;416,416", "\"416,416\" is there twice"},
           {"dynamic_dims", "1,2;3,-4", "gear \"3,-4\" has \"-4\""},
           {"dynamic_dims", "1,2;3", "gear \"3\" has 1 values, not 2"},
           {"dynamic_dims", many, "2 to 100"}}) {
    GearOptions gears;
    std::string problem;
    EXPECT_FALSE(ParseGears(name, value, &gears, &problem)) << name << "=" << value;
    EXPECT_NE(problem.find("--" + name), std::string::npos) << problem;
    EXPECT_NE(problem.find(reason), std::string::npos) << problem;
  }
}

TEST(GearOptionsTest, TheKindsExcludeEachOther) {
  GearOptions gears;
  std::string problem;
  ASSERT_TRUE(ParseGears("dynamic_batch_size", "1,2", &gears, &problem));
  EXPECT_FALSE(ParseGears("dynamic_dims", "1;2", &gears, &problem));
  EXPECT_EQ(problem.find("--dynamic_batch_size and --dynamic_dims exclude each other"), 0u);
}

TEST(GearOptionsTest, DimsFollowTheOrderOfInputShape) {
  OmModel om;
  om.inputs = {Input("a", {-1, 4}), Input("b", {3}), Input("c", {2, -1, -1})};
  GearOptions gears;
  std::string problem;
  ASSERT_TRUE(ParseGears("dynamic_dims", "5,6,1;7,8,2", &gears, &problem));
  ASSERT_TRUE(ApplyGears(gears, {"c", "a"}, "ND", &om, &problem)) << problem;
  EXPECT_EQ(om.inputs[0].DimsAt(0), (std::vector<int64_t>{1, 4}));
  EXPECT_EQ(om.inputs[1].DimsAt(1), (std::vector<int64_t>{3}));
  EXPECT_EQ(om.inputs[2].DimsAt(1), (std::vector<int64_t>{2, 7, 8}));
  EXPECT_EQ(om.gears, (Gears{{1, 5, 6}, {2, 7, 8}}));  // in the order of the inputs
}

TEST(GearOptionsTest, ImageSizesFitTheFormat) {
  GearOptions gears;
  std::string problem;
  ASSERT_TRUE(ParseGears("dynamic_image_size", "8,16;4,2", &gears, &problem));
  OmModel nchw;
  nchw.inputs = {Input("x", {1, 3, -1, -1}), Input("info", {1, 4, -1, -1})};
  ASSERT_TRUE(ApplyGears(gears, {"x", "info"}, "NCHW", &nchw, &problem)) << problem;
  EXPECT_EQ(nchw.inputs[1].DimsAt(0), (std::vector<int64_t>{1, 4, 8, 16}));
  OmModel nhwc;
  nhwc.inputs = {Input("x", {1, -1, -1, 3})};
  ASSERT_TRUE(ApplyGears(gears, {"x"}, "NHWC", &nhwc, &problem)) << problem;
  EXPECT_EQ(nhwc.inputs[0].DimsAt(1), (std::vector<int64_t>{1, 4, 2, 3}));
  EXPECT_EQ(nhwc.LargestGear(), 0u);
}

TEST(GearOptionsTest, ShapesThatDoNotFitAreRefused) {
  struct Case {
    std::string name;
    std::string value;
    std::string format;
    std::vector<int64_t> dims;
    std::string reason;
  };
  for (const Case& item :
       {Case{"dynamic_batch_size", "1,2", "ND", {1, 4}, "--dynamic_batch_size needs an input"},
        Case{"dynamic_batch_size", "1,2", "ND", {-1, -1}, "behind its first dim"},
        Case{"dynamic_image_size", "4,4;8,8", "ND", {1, 3, -1, -1}, "--input_format"},
        Case{"dynamic_image_size", "4,4;8,8", "NHWC", {1, 3, -1, -1}, "height and width"},
        Case{"dynamic_image_size", "4,4;8,8", "NCHW", {-1, 3, -1, -1}, "height and width"},
        Case{"dynamic_dims", "4;8", "NCHW", {1, -1}, "--input_format=ND"},
        Case{"dynamic_dims", "4;8", "ND", {-1, -1}, "gear \"4\" has 1 values"}}) {
    GearOptions gears;
    std::string problem;
    ASSERT_TRUE(ParseGears(item.name, item.value, &gears, &problem)) << problem;
    OmModel om;
    om.inputs = {Input("x", item.dims)};
    EXPECT_FALSE(ApplyGears(gears, {"x"}, item.format, &om, &problem)) << item.reason;
    EXPECT_NE(problem.find(item.reason), std::string::npos) << problem;
  }
}

}  // namespace
}  // namespace hostacl
