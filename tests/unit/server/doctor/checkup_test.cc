// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/checkup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "nlohmann/json.hpp"
#include "tests/unit/hostacl/tiny_onnx.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class CheckupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/omserve_doctor_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_ + "/deep");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  // With hostacl, on two devices (the test's environment).
  Checkup Run(bool device) const {
    return RunCheckup({.device = device, .acl_library = ACL_LIBRARY, .model_dir = folder_});
  }
  static std::vector<std::string> Problems(const Checkup& checkup) {
    std::vector<std::string> texts;
    for (const Finding& finding : checkup.problems) {
      texts.push_back(finding.section + ": " + finding.text);
    }
    return texts;
  }

  std::string folder_;
};

TEST_F(CheckupTest, SeesLibraryDevicesAndModels) {
  Write("deep/gears.om", hostacl::testing::LinearOm({.gears = {1, 4, 8}, .width = 3}));
  const Checkup checkup = Run(true);
  EXPECT_THAT(Problems(checkup), IsEmpty());
  ASSERT_TRUE(checkup.library.has_value());
  EXPECT_THAT(checkup.library->path, HasSubstr("libascendcl.so"));
  EXPECT_THAT(checkup.library->version, Not(IsEmpty()));
  ASSERT_THAT(checkup.devices, SizeIs(2));
  EXPECT_THAT(checkup.devices[1].chip, HasSubstr("Ascend"));
  EXPECT_GT(checkup.devices[1].total_bytes, 0U);
  ASSERT_THAT(checkup.models, SizeIs(1));
  EXPECT_EQ(checkup.models[0].path, "deep/gears.om");
  EXPECT_TRUE(checkup.models[0].loads);
  EXPECT_TRUE(checkup.models[0].om.of_hostacl);
  EXPECT_THAT(checkup.models[0].info.gears, ElementsAre(1, 4, 8));

  const auto json = nlohmann::json::parse(CheckupJson(checkup));
  EXPECT_EQ(json["models"][0]["gears"], nlohmann::json({1, 4, 8}));
  EXPECT_EQ(json["models"][0]["inputs"][0]["name"], "x");
  EXPECT_EQ(json["devices"].size(), 2U);
  EXPECT_TRUE(json["problems"].empty());
  const std::string text = CheckupText(checkup);
  EXPECT_THAT(text, HasSubstr("batch gears 1,4,8"));
  EXPECT_THAT(text, HasSubstr("no problem found"));
}

TEST_F(CheckupTest, NamesBadModelsAndGoesOn) {
  const std::string good = hostacl::testing::LinearOm({.gears = {1, 4}, .width = 3});
  Write("a_cut.om", good.substr(0, good.size() - 10));
  Write("b_text.om", "not a model");
  Write("c_good.om", good);
  Write("ignored.onnx", "x");
  const Checkup checkup = Run(true);
  ASSERT_THAT(checkup.models, SizeIs(3));
  EXPECT_FALSE(checkup.models[0].loads);
  EXPECT_TRUE(checkup.models[2].loads);
  EXPECT_THAT(Problems(checkup), ElementsAre(HasSubstr("a_cut.om"), HasSubstr("b_text.om")));
  EXPECT_THAT(CheckupText(checkup), Not(HasSubstr("no problem")));
}

TEST_F(CheckupTest, WithoutADeviceModelsAreReadOnly) {
  Write("gears.om", hostacl::testing::LinearOm({.gears = {1, 4}, .width = 3}));
  const Checkup checkup = Run(false);
  EXPECT_FALSE(checkup.library.has_value());
  EXPECT_THAT(checkup.devices, IsEmpty());
  ASSERT_THAT(checkup.models, SizeIs(1));
  EXPECT_FALSE(checkup.models[0].loads);
  EXPECT_THAT(Problems(checkup), IsEmpty());
}

TEST_F(CheckupTest, AFolderWithoutModelsIsAProblem) {
  EXPECT_THAT(Problems(Run(false)), ElementsAre(HasSubstr("no file *.om")));
  folder_ += "/nowhere";
  EXPECT_THAT(Problems(Run(false)), ElementsAre(HasSubstr("/nowhere")));
}

TEST_F(CheckupTest, ALibraryThatIsNotThereIsAProblem) {
  const Checkup checkup = RunCheckup({.acl_library = "/nowhere/libascendcl.so"});
  ASSERT_TRUE(checkup.library.has_value());
  EXPECT_EQ(checkup.library->path, "");
  EXPECT_THAT(Problems(checkup), ElementsAre(HasSubstr("/nowhere/libascendcl.so")));
  EXPECT_THAT(CheckupText(checkup), HasSubstr("not found"));
}

TEST_F(CheckupTest, MissingOperatorsAreAProblem) {
  Write("a.log",
        "I0 0 1 k.cc:1] missing npu kernel: warpctc, fallbacking to CPU one!\nLoss: 1.5\n");
  const Checkup checkup = RunCheckup({.device = false, .paddle_log = folder_ + "/a.log"});
  EXPECT_THAT(Problems(checkup), ElementsAre(HasSubstr("operators that run on the CPU: 1")));
  EXPECT_THAT(CheckupText(checkup), HasSubstr("  warpctc (1)\n"));
  const auto json = nlohmann::json::parse(CheckupJson(checkup));
  EXPECT_EQ(json["paddle_log"]["missing"][0]["name"], "warpctc");
  EXPECT_EQ(json["paddle_log"]["saw_step"], true);
}

TEST_F(CheckupTest, ALogWithoutThemIsNot) {
  Write("a.log", "nothing\n");
  const Checkup checkup = RunCheckup({.device = false, .paddle_log = folder_ + "/a.log"});
  EXPECT_THAT(checkup.problems, IsEmpty());
  EXPECT_THAT(checkup.notes, SizeIs(2));  // GLOG_v, and no step
}

}  // namespace
}  // namespace omserve
