// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/init.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "nlohmann/json.hpp"
#include "server/registry/repository_scan.h"
#include "tests/unit/hostacl/tiny_onnx.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class InitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "omserve_init_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path path = folder_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  void WriteOm(const std::string& name) const {
    Write(name, hostacl::testing::LinearOm({.gears = {1, 4}, .width = 3}));
  }
  std::string Read(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder_ + "/" + name).rdbuf();
    return text.str();
  }
  absl::StatusOr<InitReport> Run(bool force = false, bool dry_run = false) const {
    return RunInit(
        {.folder = folder_, .acl_library = ACL_LIBRARY, .force = force, .dry_run = dry_run});
  }
  // What the server finds: name, kind, and what is wrong.
  std::vector<std::string> Served() const {
    std::vector<std::string> out;
    const auto models = ScanModelDir(folder_);
    for (const ModelFolder& model : *models) {
      for (const VersionFolder& version : model.versions) {
        const auto spec = LoadVersion(model, version);
        out.push_back(model.name + " " +
                      (spec.ok() ? std::string(spec->pipeline()) + " " + spec->version
                                 : std::string(spec.status().message())));
      }
    }
    return out;
  }

  std::string folder_;
};

TEST_F(InitTest, WritesOneManifestForEachLooseFile) {
  WriteOm("resnet.om");
  WriteOm("two words.om");
  const auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << InitText(*report);
  EXPECT_THAT(report->pipelines, SizeIs(2));
  EXPECT_THAT(Read("resnet/pipeline.pbtxt"), HasSubstr("om_file: \"../resnet.om\""));
  EXPECT_THAT(Read("resnet/pipeline.pbtxt"), HasSubstr("# tensor: its input"));
  EXPECT_THAT(Served(), ElementsAre("resnet tensor 1", "two_words tensor 1"));
  EXPECT_THAT(InitText(*report), HasSubstr("the server can read all of it"));
}

TEST_F(InitTest, AFolderOfItsOwnGetsItsManifestBesideTheFile) {
  WriteOm("net/model.om");
  WriteOm("many/1/model.om");
  WriteOm("many/2/model.om");
  WriteOm("mixed/a.om");
  WriteOm("mixed/b.om");
  WriteOm("deep/er/c.om");
  const auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << InitText(*report);
  EXPECT_THAT(Read("net/pipeline.pbtxt"), HasSubstr("om_file: \"model.om\""));
  EXPECT_THAT(Read("a/pipeline.pbtxt"), HasSubstr("om_file: \"../mixed/a.om\""));
  EXPECT_THAT(Served(), ElementsAre("a tensor 1", "b tensor 1", "c tensor 1", "many tensor 1",
                                    "many tensor 2", "net tensor 1"));
}

TEST_F(InitTest, ASlashAtTheEndIsTheSameFolder) {
  WriteOm("net/model.om");
  folder_ += "/";
  const auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << InitText(*report);
  EXPECT_THAT(Served(), ElementsAre("net tensor 1"));
  EXPECT_EQ(NormalFolder("./"), "");
  EXPECT_EQ(NormalFolder("a/../b/"), "b");
  EXPECT_EQ(NormalFolder("/"), "/");
}

TEST_F(InitTest, WhatIsThereStays) {
  WriteOm("net/model.om");
  const std::string mine =
      "name: \"mine\" stages { name: \"any\" om_file: \"model.om\" } tensor { }";
  Write("net/pipeline.pbtxt", mine);
  auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(report->pipelines, IsEmpty());
  ASSERT_THAT(report->left_out, SizeIs(1));
  EXPECT_THAT(report->left_out[0].why, HasSubstr("net/pipeline.pbtxt"));
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(Read("net/pipeline.pbtxt"), mine);
  // One that is about another file is in the way.
  WriteOm("other.om");
  Write("other/pipeline.pbtxt", "not a manifest");
  report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->pipelines, SizeIs(1));
  EXPECT_EQ(report->pipelines[0].outcome, InitOutcome::kFailed) << "the server cannot read it";
  EXPECT_FALSE(report->ok());
  EXPECT_EQ(Read("other/pipeline.pbtxt"), "not a manifest");
  report = Run(true);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ok()) << InitText(*report);
  EXPECT_THAT(Read("net/pipeline.pbtxt"), HasSubstr("Written by omserve-doctor init"));
  EXPECT_THAT(Served(), ElementsAre("mine tensor 1", "other tensor 1"));
}

TEST_F(InitTest, ADryRunWritesNothing) {
  WriteOm("resnet.om");
  const auto report = Run(false, true);
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_THAT(report->pipelines, SizeIs(1));
  EXPECT_EQ(report->pipelines[0].outcome, InitOutcome::kPlanned);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/resnet"));
  EXPECT_THAT(InitText(*report), HasSubstr("om_file: \"../resnet.om\""));
  const auto json = nlohmann::json::parse(InitJson(*report));
  EXPECT_EQ(json["pipelines"][0]["kind"], "tensor");
  EXPECT_EQ(json["pipelines"][0]["outcome"], "planned");
  EXPECT_EQ(json["pipelines"][0]["name"], "resnet");
}

TEST_F(InitTest, BadFilesAreNamedAndTheRestIsWritten) {
  WriteOm("good.om");
  Write("bad.om", "not a model");
  const auto report = Run();
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->ok());
  ASSERT_THAT(report->left_out, SizeIs(1));
  EXPECT_TRUE(report->left_out[0].broken);
  EXPECT_THAT(InitText(*report), HasSubstr("bad.om: cannot be served"));
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/good/pipeline.pbtxt"));
}

TEST_F(InitTest, NothingToBeginWithIsAnError) {
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kNotFound);
  WriteOm("resnet.om");
  EXPECT_EQ(RunInit({.folder = folder_ + "/resnet.om", .acl_library = ACL_LIBRARY}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(RunInit({.folder = folder_, .acl_library = "/nowhere/lib.so"}).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace omserve
