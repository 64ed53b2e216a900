// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/manifest.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kInternVit[] = R"(name: "tiny"
version: "3"
labels_file: "labels.txt"
stages { name: "internvit" om_file: "internvit.om" max_delay_us: 500 instances: 2 }
internvit { image_size: 224 num_classes: 2 }
)";

// A model folder in the test's temporary directory; gone with the test. Single-thread.
class ManifestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::path(::testing::TempDir()) /
           ("manifest_" +
            std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(dir_);
    Write("tiny/labels.txt", "cat\ndog\n");
    Write("tiny/internvit.om", "om");
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((dir_ / name).parent_path());
    std::ofstream(dir_ / name) << text;
  }
  absl::StatusOr<PipelineSpec> Load(const std::string& text) {
    Write("tiny/pipeline.pbtxt", text);
    return LoadManifest((dir_ / "tiny/pipeline.pbtxt").string());
  }
  void ExpectError(const std::string& text, absl::StatusCode code, const std::string& message) {
    const auto spec = Load(text);
    EXPECT_EQ(spec.status().code(), code) << text;
    EXPECT_THAT(std::string(spec.status().message()), HasSubstr(message));
    EXPECT_THAT(std::string(spec.status().message()), HasSubstr("pipeline.pbtxt"));
  }

  std::filesystem::path dir_;
};

std::string With(const std::string& from, const std::string& to) {
  return absl::StrReplaceAll(kInternVit, {{from, to}});
}

TEST_F(ManifestTest, ReadsWhatItSays) {
  const auto spec = Load(kInternVit);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->name, "tiny");
  EXPECT_EQ(spec->version, "3");
  EXPECT_EQ(spec->pipeline(), "internvit");
  EXPECT_THAT(spec->labels, ElementsAre("cat", "dog"));
  ASSERT_EQ(spec->stages.size(), 1u);
  EXPECT_EQ(spec->stages[0].om_path, (dir_ / "tiny/internvit.om").string());
  EXPECT_EQ(spec->stages[0].instances, 2);
  EXPECT_EQ(spec->stages[0].max_queue_items, 1024);
  EXPECT_EQ(spec->stages[0].max_delay, absl::Microseconds(500));
}

TEST_F(ManifestTest, NamesLineAndColumnOfASyntaxError) {
  ExpectError("name: \"tiny\"\nstages {{\n", absl::StatusCode::kInvalidArgument, "pbtxt:2:9: ");
  ExpectError("name: \"tiny\"\nyolo { }\n", absl::StatusCode::kInvalidArgument, "yolo");
}

TEST_F(ManifestTest, NamesAMissingFile) {
  ExpectError(With("labels.txt", "none.txt"), absl::StatusCode::kNotFound, "labels_file: ");
  ExpectError(With("internvit.om", "none.om"), absl::StatusCode::kNotFound, "stages[0].om_file: ");
  ExpectError(With("internvit.om", "none.om"), absl::StatusCode::kNotFound,
              "does not exist; compile it with atc");
  EXPECT_TRUE(absl::IsNotFound(LoadManifest((dir_ / "no.pbtxt").string()).status()));
}

TEST_F(ManifestTest, NamesAWrongField) {
  const auto bad = absl::StatusCode::kInvalidArgument;
  ExpectError(With("\"tiny\"", "\"a/b\""), bad, "name: 'a/b'");
  ExpectError(With("\"tiny\"", "\"\""), bad, "name: ''");
  ExpectError(With("\"3\"", "\"../3\""), bad, "version: ");
  ExpectError(With("instances: 2", "instances: -1"), bad, "stages[0].instances: -1");
  ExpectError(With("max_delay_us: 500", "max_delay_us: -5"), bad, "stages[0].max_delay_us: -5");
  ExpectError(With("num_classes: 2", "num_classes: 3"), bad, "2 labels for num_classes 3");
  ExpectError(With("image_size: 224", "image_size: -1"), bad, "internvit.image_size: -1");
  ExpectError(With("{ name: \"internvit\"", "{ name: \"head\""), bad, "stages[0].name: 'head'");
  ExpectError(With("internvit { image_size: 224 num_classes: 2 }", ""), bad,
              "pipeline: unknown pipeline");
  ExpectError(With("instances: 2", "inputs: [\"a\", \"b\"]"), bad,
              "stages[0].inputs: 2 names, but stage 'internvit' has 1");
  ExpectError(std::string(kInternVit) + "stages { name: \"internvit\" om_file: \"internvit.om\" }",
              bad, "stages[1].name: 'internvit' is there twice");
}

TEST_F(ManifestTest, NamesMissingStagesAndWrongNumbersOfVitDet) {
  const auto bad = absl::StatusCode::kInvalidArgument;
  ExpectError("name: \"d\" version: \"1\" vitdet { }", bad,
              "stages: missing: backbone, rpn, roi_bbox, roi_mask");
  const std::string stages =
      "name: \"d\" version: \"1\" stages { name: \"backbone\" om_file: \"internvit.om\" } "
      "stages { name: \"rpn\" om_file: \"internvit.om\" } "
      "stages { name: \"roi_bbox\" om_file: \"internvit.om\" } "
      "stages { name: \"roi_mask\" om_file: \"internvit.om\" } ";
  EXPECT_TRUE(Load(stages + "vitdet { }").ok());
  ExpectError(stages + "vitdet { score_threshold: nan }", bad, "vitdet.score_threshold: nan");
  ExpectError(stages + "vitdet { box_nms_iou: 1.5 }", bad, "vitdet.box_nms_iou: 1.5");
  ExpectError(stages + "vitdet { strides: [4, 0] }", bad, "vitdet.strides: 0");
  ExpectError(stages + "vitdet { dedup: \"all\" }", bad, "vitdet.dedup: 'all'");
  ExpectError(stages + "vitdet { mask_form: \"gif\" }", bad, "vitdet.mask_form: 'gif'");
}

TEST_F(ManifestTest, ReadsAModelThatIsServedAsItIs) {
  Write("tiny/pipeline.pbtxt",
        "name: \"t\" stages { name: \"any\" om_file: \"internvit.om\" inputs: [\"a\", \"b\"] } "
        "tensor { }");
  const auto spec = LoadManifest((dir_ / "tiny/pipeline.pbtxt").string());
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->pipeline(), "tensor");
  EXPECT_EQ(spec->stages[0].name, "any");
  EXPECT_EQ(spec->stages[0].inputs.size(), 2u);
  ExpectError("name: \"t\" tensor { }", absl::StatusCode::kInvalidArgument, "stages: missing: ");
  ExpectError(
      "name: \"t\" stages { name: \"a\" om_file: \"internvit.om\" } stages { name: \"b\" om_file: "
      "\"internvit.om\" } tensor { }",
      absl::StatusCode::kInvalidArgument, "stages[0].name: 'a' is not a stage");
}

TEST_F(ManifestTest, ReadsAClassifier) {
  const std::string head =
      "name: \"c\" labels_file: \"labels.txt\" "
      "stages { name: \"resnet\" om_file: \"internvit.om\" } ";
  const auto spec = Load(head +
                         "classify { width: 192 height: 160 resize_side: 256 filter: \"bicubic\" "
                         "channels: \"bgr\" divisor: 1 mean: [1, 2, 3] std: [4, 5, 6] }");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->pipeline(), "classify");
  const auto& config = std::get<ClassifyConfig>(spec->config);
  EXPECT_EQ(config.stage, "resnet");
  EXPECT_EQ(config.input.width, 192);
  EXPECT_EQ(config.input.height, 160);
  EXPECT_EQ(config.input.resize_side, 256);
  EXPECT_EQ(config.input.filter, ClassifierInputOptions::Filter::kPillowBicubic);
  EXPECT_EQ(config.input.channels, ChannelOrder::kBgr);
  EXPECT_THAT(config.input.std, ElementsAre(4, 5, 6));
  EXPECT_EQ(config.num_classes, 2);  // the labels
  EXPECT_EQ(config.top_k, 2);
  const auto plain = Load(head + "classify { }");
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_EQ(std::get<ClassifyConfig>(plain->config).input.resize_side, 224);

  const auto bad = absl::StatusCode::kInvalidArgument;
  const auto refused = [&](const std::string& numbers, const std::string& message) {
    ExpectError(head + "classify { " + numbers + " }", bad, "classify." + message);
  };
  refused("width: -1", "width: -1");
  refused("fit: \"squeeze\"", "fit: 'squeeze' is not crop or stretch");
  refused("fit: \"stretch\" resize_side: 256", "resize_side: is of fit: 'crop' only");
  refused("filter: \"nearest\"", "filter: 'nearest'");
  refused("channels: \"grey\"", "channels: 'grey'");
  refused("mean: [0.5, 0.5]", "mean: 2 numbers, not 3");
  refused("divisor: nan", "divisor: nan");
  refused("raw_pixels: true mean: [0, 0, 0]", "raw_pixels: the model normalises by itself");
  refused("top_k: 3", "top_k: 3");
  ExpectError(head + "classify { num_classes: 3 }", bad, "2 labels for num_classes 3");
  ExpectError("name: \"c\" stages { name: \"a\" om_file: \"internvit.om\" } classify { }", bad,
              "classify.num_classes: must be set");
  ExpectError("name: \"c\" classify { num_classes: 2 }", bad, "stages: missing: ");
  ExpectError(
      "name: \"c\" stages { name: \"a\" om_file: \"internvit.om\" outputs: [\"x\", \"y\"] } "
      "classify { num_classes: 2 }",
      bad, "stages[0].outputs: 2 names");
}

TEST_F(ManifestTest, RefusesAnEmptyLabelLine) {
  Write("tiny/labels.txt", "cat\n\ndog\n");
  ExpectError(kInternVit, absl::StatusCode::kInvalidArgument, "labels.txt:2: empty line");
}

}  // namespace
}  // namespace omserve
