// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "nlohmann/json.hpp"
#include "server/doctor/compare.h"
#include "server/doctor/npy_file.h"
#include "tests/unit/hostacl/tiny_onnx.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using Json = nlohmann::json;

// Two models, measured on hostacl.
class ProfileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "omserve_profile_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_ + "/models/deep");
    WriteOm("gears", {.gears = {1, 4, 8}, .width = 3});
    WriteOm("deep/fixed", {.static_batch = 2, .width = 5});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void WriteOm(const std::string& name, const hostacl::testing::LinearOptions& options) const {
    std::ofstream(folder_ + "/models/" + name + ".om", std::ios::binary)
        << hostacl::testing::LinearOm(options);
  }
  ProfileOptions Options() const {
    ProfileOptions options;
    options.models = folder_ + "/models";
    options.out = folder_ + "/out";
    options.acl_library = ACL_LIBRARY;
    options.timing.runs = 5;
    options.conformance = false;
    return options;
  }
  absl::StatusOr<CompareReport> Compare(double min_cosine = 0.999) const {
    return RunCompare({.golden = folder_ + "/out/golden",
                       .models = folder_ + "/models",
                       .acl_library = ACL_LIBRARY,
                       .min_cosine = min_cosine});
  }
  static Json ReadJson(const std::string& path) { return Json::parse(std::ifstream(path)); }

  std::string folder_;
};

TEST_F(ProfileTest, WritesWhatItMeasured) {
  const auto report = RunProfile(Options());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << ProfileText(*report);
  ASSERT_THAT(report->models, SizeIs(2));
  EXPECT_EQ(report->models[0].om, "deep/fixed.om");
  ASSERT_THAT(report->models[1].gears, SizeIs(3));
  EXPECT_EQ(report->models[1].gears[2].gear, 8);
  EXPECT_EQ(report->models[1].gears[2].runs, 5);
  ASSERT_TRUE(report->copies.has_value());
  const Json profile = ReadJson(report->profile_path);
  EXPECT_EQ(profile["soc"], report->chip);
  EXPECT_EQ(profile["models"].size(), 2u);
  for (const ModelTimes& model : report->models) {
    for (const GearTime& gear : model.gears) {
      EXPECT_GT(gear.median, absl::ZeroDuration());
      EXPECT_LE(gear.p10, gear.p90);
      EXPECT_NEAR(profile["models"][model.name][std::to_string(gear.gear)].get<double>(),
                  absl::ToDoubleMilliseconds(gear.median), 1e-6);
    }
  }
  const Json all = ReadJson(report->report_path);
  EXPECT_EQ(all["models"][1]["gears"][0]["gear"], 1);
  EXPECT_EQ(all["ok"], true);
}

TEST_F(ProfileTest, GoldenOutputsAreThoseOfTheModel) {
  ASSERT_TRUE(RunProfile(Options()).ok());
  const auto input = ReadNpy(folder_ + "/out/golden/deep/fixed/gear_2/input_0.npy");
  const auto output = ReadNpy(folder_ + "/out/golden/deep/fixed/gear_2/output_0.npy");
  ASSERT_TRUE(input.ok() && output.ok());
  ASSERT_EQ(output->shape(), (Shape{2, 5}));
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(output->as<float>()[i], input->as<float>()[i] * 2 + 1);
  }
  const auto report = Compare();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << CompareText(*report);
  EXPECT_TRUE(report->models[0].outputs[0].difference.equal);
  EXPECT_TRUE(report->models[0].same_om);
  EXPECT_THAT(CompareText(*report), HasSubstr("deep/fixed.om gear 2: ok"));
}

TEST_F(ProfileTest, EveryGearHasItsGoldenOutputsIfAsked) {
  ProfileOptions options = Options();
  options.golden_all = true;
  ASSERT_TRUE(RunProfile(options).ok());
  WriteOm("gears", {.gears = {1, 8}, .width = 3});
  const auto report = Compare();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->models, SizeIs(4));  // 'fixed', and three gears
  EXPECT_TRUE(report->models[1].ok(1));
  EXPECT_THAT(report->models[2].problem, HasSubstr("has no gear 4"));
  EXPECT_EQ(report->models[3].gear, 8);
  EXPECT_TRUE(report->models[3].outputs[0].difference.equal);
  const auto output = ReadNpy(folder_ + "/out/golden/gears/gear_8/output_0.npy");
  ASSERT_TRUE(output.ok());
  EXPECT_EQ(output->shape(), (Shape{8, 3}));
}

TEST_F(ProfileTest, AnotherModelUnderTheNameIsSeen) {
  ASSERT_TRUE(RunProfile(Options()).ok());
  WriteOm("gears", {.gears = {1, 4, 8}, .width = 3, .scale = -2, .offset = 0});
  auto report = Compare();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->ok());
  EXPECT_TRUE(report->models[0].ok(0.999));
  EXPECT_FALSE(report->models[1].ok(0.999));
  EXPECT_FALSE(report->models[1].same_om);
  EXPECT_TRUE(Compare(-1)->ok());
  EXPECT_EQ(Json::parse(CompareJson(*report))["models"][1]["ok"], false);
  WriteOm("gears", {.gears = {2, 4}, .width = 3});
  EXPECT_THAT(Compare()->models[1].problem, HasSubstr("has no gear 1"));
  WriteOm("gears", {.gears = {1, 4}, .width = 7});
  EXPECT_THAT(Compare()->models[1].problem, HasSubstr("input x is"));
  std::filesystem::remove(folder_ + "/models/gears.om");
  EXPECT_THAT(Compare()->models[1].problem, HasSubstr("not there"));
}

TEST_F(ProfileTest, BadFilesAreNamedAndTheRestIsMeasured) {
  std::ofstream(folder_ + "/models/bad.om") << "not a model";
  const auto report = RunProfile(Options());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->ok());
  EXPECT_NE(report->models[0].problem, "");
  EXPECT_THAT(report->models[2].gears, SizeIs(3));
  EXPECT_EQ(ReadJson(report->profile_path)["models"].count("bad"), 0u);
  EXPECT_THAT(ProfileText(*report), HasSubstr("bad.om  ! "));
}

TEST_F(ProfileTest, ASuiteThatIsNotInstalledIsAProblem) {
  ProfileOptions options = Options();
  options.conformance = true;
  options.conformance_folder = folder_;
  const auto report = RunProfile(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->ok());
  EXPECT_THAT(ProfileText(*report), HasSubstr("! the conformance suite is not installed"));
}

TEST_F(ProfileTest, NothingToBeginWithIsAnError) {
  ProfileOptions options = Options();
  options.device = 99;
  EXPECT_EQ(RunProfile(options).status().code(), absl::StatusCode::kInvalidArgument);
  options = Options();
  options.models = folder_ + "/nowhere";
  EXPECT_EQ(RunProfile(options).status().code(), absl::StatusCode::kNotFound);
  options = Options();
  std::ofstream(folder_ + "/out") << "a file";
  EXPECT_EQ(RunProfile(options).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Compare().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ProfileTest, OneFileIsMeasuredAlone) {
  ProfileOptions options = Options();
  options.models = folder_ + "/models/deep/fixed.om";
  const auto report = RunProfile(options);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->models, SizeIs(1));
  EXPECT_EQ(report->models[0].om, "fixed.om");
}

}  // namespace
}  // namespace omserve
