// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <limits>

#include "server/registry/loaded_stage.h"
#include "tests/unit/hostacl/tiny_onnx.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LoadedStageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto set =
        DeviceSet::Create({.library_path = ACL_LIBRARY, .config_path = ""}, {}, Clock::Real());
    ASSERT_TRUE(set.ok()) << set.status();
    devices_ = *std::move(set);
  }

  static std::string Write(const std::string& name, const std::string& content) {
    const std::string path = ::testing::TempDir() + "/omserve_" + std::to_string(getpid()) + name;
    FILE* file = fopen(path.c_str(), "wb");
    fwrite(content.data(), 1, content.size(), file);
    fclose(file);
    return path;
  }

  absl::StatusOr<LoadedStage> Load(const std::string& path) {
    StageSpec spec;
    spec.name = "linear";
    spec.om_path = path;
    spec.inputs = {"x"};
    spec.outputs = {"y"};
    return LoadedStage::Load(spec, *devices_);
  }

  std::unique_ptr<DeviceSet> devices_;
};

TEST(BytesOfShapeTest, Class22ShapesThatWrapAreRefused) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(*BytesOfShape({2, 3}, DType::kFloat16), 12u);
  EXPECT_EQ(*BytesOfShape({int64_t{1} << 38}, DType::kFloat32), size_t{1} << 40);
  for (const Shape& shape :
       {Shape{1'000'000'000'000, 1000}, Shape{kMax}, Shape{kMax, kMax}, Shape{1, -1}, Shape{0},
        Shape{int64_t{1} << 32, int64_t{1} << 32}, Shape{(int64_t{1} << 38) + 1}}) {
    EXPECT_EQ(BytesOfShape(shape, DType::kFloat32).status().code(),
              absl::StatusCode::kFailedPrecondition)
        << ShapeString(shape);
  }
}

TEST_F(LoadedStageTest, DescribesAModelWithGears) {
  const std::string om = hostacl::testing::LinearOm({.gears = {1, 4, 8}, .width = 3});
  const auto stage = Load(Write("gears.om", om));
  ASSERT_TRUE(stage.ok()) << stage.status();
  ASSERT_EQ(stage->models.size(), 2u);
  const ModelInfo& info = stage->models[1]->info();
  EXPECT_TRUE(info.dynamic);
  EXPECT_THAT(info.gears, ElementsAre(1, 4, 8));
  ASSERT_EQ(info.inputs.size(), 1u);
  EXPECT_THAT(info.inputs[0].shape, ElementsAre(8, 3));
  EXPECT_EQ(info.inputs[0].row_bytes, 12u);
  EXPECT_THAT(info.outputs[0].ShapeFor(5, info.max_gear()), ElementsAre(5, 3));
  EXPECT_EQ(info.GearFor(1), 1);
  EXPECT_EQ(info.GearFor(2), 4);
  EXPECT_EQ(info.GearFor(9), 8);
}

TEST_F(LoadedStageTest, AStaticModelHasOneGear) {
  const auto stage = Load(Write("static.om", hostacl::testing::LinearOm({.static_batch = 2})));
  ASSERT_TRUE(stage.ok()) << stage.status();
  EXPECT_FALSE(stage->models[0]->info().dynamic);
  EXPECT_THAT(stage->models[0]->info().gears, ElementsAre(2));
}

TEST_F(LoadedStageTest, InstancesShareTheWeights) {
  const std::string path = Write("shared.om", hostacl::testing::LinearOm({.gears = {1, 2}}));
  const auto model = LoadedModel::Load(devices_->device(0), path, 3);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->instances(), 3u);
  // One block of weights and a work area for each instance.
  EXPECT_EQ(devices_->device(0).memory_pool().stats().blocks_in_use, 4u);
}

TEST_F(LoadedStageTest, NamesAMissingFile) {
  const auto stage = Load("/nowhere/model.om");
  EXPECT_EQ(stage.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(stage.status().message()), HasSubstr("/nowhere/model.om"));
}

TEST_F(LoadedStageTest, NamesACorruptFileAndSaysWhatToDo) {
  std::string om = hostacl::testing::LinearOm({.gears = {1, 2}});
  om.resize(om.size() / 2);
  const std::string path = Write("corrupt.om", om);
  const auto stage = Load(path);
  EXPECT_EQ(stage.status().code(), absl::StatusCode::kFailedPrecondition) << stage.status();
  EXPECT_THAT(std::string(stage.status().message()), HasSubstr(path));
  EXPECT_THAT(std::string(stage.status().message()), HasSubstr("compile it again"));
  EXPECT_FALSE(Load(Write("text.om", "this is no model")).ok());
}

TEST_F(LoadedStageTest, RefusesAnotherNumberOfTensors) {
  StageSpec spec;
  spec.name = "linear";
  spec.om_path = Write("count.om", hostacl::testing::LinearOm({}));
  spec.outputs = {"y", "z"};
  const auto stage = LoadedStage::Load(spec, *devices_);
  EXPECT_EQ(stage.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(stage.status().message()), HasSubstr("names 2 outputs"));
}

TEST_F(LoadedStageTest, RefusesANonsensicalSpec) {
  StageSpec spec;
  spec.instances = 0;
  EXPECT_EQ(LoadedStage::Load(spec, *devices_).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace omserve
