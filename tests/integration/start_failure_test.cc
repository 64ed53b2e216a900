// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What the server says, and with which exit code, when it cannot start.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/server_process.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

// A copy of the compiled InternViT that a test may spoil.
class StartFailureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy(TestModels() / "internvit", folder_.path() / "internvit");
  }
  std::string manifest() const { return ReadFile(folder_.path() / "internvit" / "pipeline.pbtxt"); }
  ServerSetup CopySetup() const {
    ServerSetup setup;
    setup.model_dir = folder_.path().string();
    return setup;
  }
  void ExpectFailure(const ServerSetup& setup, int exit_code, const std::string& text) {
    ServerProcess server(setup);
    EXPECT_FALSE(server.WaitReady());
    EXPECT_EQ(server.WaitExit(), exit_code);
    EXPECT_THAT(server.log(), HasSubstr(text));
  }

  TemporaryFolder folder_;
};

TEST_F(StartFailureTest, MissingOm) {
  std::filesystem::remove(folder_.path() / "internvit" / "internvit.om");
  ExpectFailure(CopySetup(), 2, "internvit.om does not exist; compile it with atc");
}

TEST_F(StartFailureTest, CorruptOm) {
  folder_.Write("internvit/internvit.om", "this is no model");
  ExpectFailure(CopySetup(), 1, "stage 'internvit': ");
}

TEST_F(StartFailureTest, CutOffOm) {
  const std::string om = ReadFile(folder_.path() / "internvit" / "internvit.om");
  folder_.Write("internvit/internvit.om", om.substr(0, om.size() / 2));
  ExpectFailure(CopySetup(), 1, "stage 'internvit': ");
}

TEST_F(StartFailureTest, MissingLabels) {
  std::filesystem::remove(folder_.path() / "internvit" / "labels.txt");
  ExpectFailure(CopySetup(), 2, "labels_file: ");
}

TEST_F(StartFailureTest, BrokenManifest) {
  folder_.Write("internvit/pipeline.pbtxt", manifest() + "\nnonsense: 1\n");
  ExpectFailure(CopySetup(), 2, "no field named \"nonsense\"");
}

TEST_F(StartFailureTest, NoModels) {
  const TemporaryFolder empty;
  ServerSetup setup;
  setup.model_dir = empty.path().string();
  ExpectFailure(setup, 2, "has no folder with a pipeline.pbtxt");
}

TEST_F(StartFailureTest, PortInUse) {
  ServerProcess first(CopySetup());
  ASSERT_TRUE(first.WaitReady()) << first.log();
  ServerSetup setup = CopySetup();
  setup.grpc_address = "127.0.0.1:" + std::to_string(first.grpc_port());
  ExpectFailure(setup, 1, "listeners.grpc: cannot listen on 127.0.0.1:");
}

TEST_F(StartFailureTest, NoAclLibrary) {
  const auto run = RunServer(
      {"--model-dir", folder_.path().string(), "--acl-library", "/nowhere/libascendcl.so"});
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("libascendcl.so"));
}

TEST_F(StartFailureTest, NoDeviceOfThatNumber) {
  ServerSetup setup = CopySetup();
  setup.devices = "0, 7";
  ExpectFailure(setup, 1, "7");
}

TEST_F(StartFailureTest, WrongFlag) {
  EXPECT_EQ(RunServer({"--nonsense"}).exit_code, 2);
  EXPECT_EQ(RunServer({"--help"}).exit_code, 0);
  EXPECT_EQ(RunServer({"--config", "/nowhere.pbtxt"}).exit_code, 2);
}

TEST_F(StartFailureTest, CheckConfigValidatesWithoutServing) {
  const auto good = RunServer({"--check-config", "--model-dir", TestModels().string()});
  EXPECT_EQ(good.exit_code, 0) << good.output;
  EXPECT_THAT(good.output, HasSubstr("vitdet"));
  EXPECT_THAT(good.output, HasSubstr("roi_mask.om"));
  const auto bad = RunServer({"--check-config"});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.output, HasSubstr("model_dir: must be set"));
}

}  // namespace
}  // namespace omserve
