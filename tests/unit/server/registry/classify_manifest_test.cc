// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/classify_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "pipelines/base/clock.h"
#include "tests/unit/hostacl/tiny_onnx.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

// A model of pictures of 8 x 6 pixels, whose 144 outputs pass for scores.
class ClassifyManifestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "omserve_classify_" + std::to_string(getpid()) + ".om";
    hostacl::OmModel om;
    om.name = "net";
    om.soc = "Ascend310P3";
    om.precision = hostacl::Precision::kOrigin;
    om.inputs = {{.name = "x", .dims = {-1, 3, 8, 6}}};
    om.outputs = {{.name = "Add:0:y", .dims = {-1, 3, 8, 6}}};
    om.SetBatchGears({1, 4});
    om.work_size = 1024;
    om.weight_size = 512;
    om.graph = hostacl::testing::LinearOnnxOf({0, 3, 8, 6}, 2, 1);
    std::ofstream(path_, std::ios::binary) << EncodeOm(om);
    devices_ =
        *DeviceSet::Create({.library_path = ACL_LIBRARY, .config_path = ""}, {0}, Clock::Real());
    StageSpec spec;
    spec.name = "net";
    spec.om_path = path_;
    auto loaded = LoadedStage::Load(spec, *devices_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    stage_ = std::make_unique<LoadedStage>(*std::move(loaded));
    config_.stage = "net";
    config_.input.width = 6;
    config_.input.height = 8;
    config_.num_classes = 144;
  }
  void TearDown() override {
    stage_.reset();
    devices_.reset();
    std::filesystem::remove(path_);
  }

  std::string Problem() const {
    const absl::Status status = CheckClassifyStage(config_, *stage_);
    if (status.ok()) return "";
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    return std::string(status.message());
  }

  std::string path_;
  std::unique_ptr<DeviceSet> devices_;
  std::unique_ptr<LoadedStage> stage_;
  ClassifyConfig config_;
};

TEST_F(ClassifyManifestTest, TheModelMustBeWhatTheManifestSays) {
  EXPECT_EQ(Problem(), "");
  config_.num_classes = 1000;
  EXPECT_THAT(Problem(), HasSubstr("not the scores of 1000 classes"));
  config_.num_classes = 144;
  config_.input.width = 8;
  EXPECT_THAT(Problem(), HasSubstr("[4,3,8,6], the manifest's is float32 [4,3,8,8]"));
  config_.input.width = 6;
  config_.input.raw_pixels = true;
  EXPECT_THAT(Problem(), HasSubstr("the manifest's is uint8 [4,8,6,3]"));
}

}  // namespace
}  // namespace omserve
