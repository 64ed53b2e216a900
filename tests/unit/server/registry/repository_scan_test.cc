// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/repository_scan.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/registry/model_folder.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(RepositoryScanTest, FindsBothForms) {
  TestModelFolder folder;
  folder.AddVersion("a", 10);
  folder.AddVersion("a", 2);
  folder.AddPlain("folder", "b");
  std::filesystem::create_directories(folder.path() + "/no_model/01");
  std::filesystem::create_directories(folder.path() + "/a/drafts");
  const auto models = ScanModelDir(folder.path());
  ASSERT_TRUE(models.ok()) << models.status();
  ASSERT_THAT(*models, SizeIs(2));
  EXPECT_EQ((*models)[0].name, "a");
  ASSERT_THAT((*models)[0].versions, SizeIs(2));
  EXPECT_EQ((*models)[0].versions[0].number, 2);
  EXPECT_EQ((*models)[0].versions[1].number, 10);
  EXPECT_EQ((*models)[1].name, "b");
  const auto spec = LoadVersion((*models)[0], (*models)[0].versions[1]);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->number, 10);
  EXPECT_EQ(spec->version, "10");
  EXPECT_TRUE(absl::IsNotFound(ScanModelDir(folder.path() + "/none").status()));
}

TEST(RepositoryScanTest, AnOmFileWithoutAManifestIsAModel) {
  TestModelFolder folder;
  folder.AddVersion("a", 1);
  folder.AddOm("resnet");
  folder.AddOm("two words");
  const auto models = *ScanModelDir(folder.path());
  ASSERT_THAT(models, SizeIs(3));
  EXPECT_EQ(models[1].name, "resnet");
  const auto spec = LoadVersion(models[1], models[1].versions[0]);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->pipeline(), "tensor");
  EXPECT_EQ(spec->version, "1");
  ASSERT_THAT(spec->stages, SizeIs(1));
  EXPECT_EQ(spec->stages[0].name, "resnet");
  EXPECT_EQ(spec->stages[0].om_path, folder.path() + "/resnet.om");
  EXPECT_TRUE(absl::IsInvalidArgument(models[2].problem)) << "no name for a model";
}

TEST(RepositoryScanTest, AnOmFileBelongsToTheManifestThatIsAboutIt) {
  TestModelFolder folder;
  folder.AddOm("resnet");
  folder.AddOm("other");
  folder.AddVersion("resnet", 1,
                    "name: \"resnet\" stages { name: \"net\" om_file: \"../../resnet.om\" } "
                    "tensor { }");
  const auto models = *ScanModelDir(folder.path());
  ASSERT_THAT(models, SizeIs(2));
  EXPECT_EQ(models[0].name, "other");
  EXPECT_EQ(models[1].name, "resnet");
  const auto spec = LoadVersion(models[1], models[1].versions[0]);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->stages[0].om_path, folder.path() + "/resnet.om");
  std::ofstream(folder.path() + "/resnet.om") << "a newer one";
  EXPECT_NE((*ScanModelDir(folder.path()))[1].versions[0].fingerprint,
            models[1].versions[0].fingerprint);
}

TEST(RepositoryScanTest, TheFingerprintFollowsTheFilesOfItsVersion) {
  TestModelFolder folder;
  folder.AddVersion("a", 1);
  folder.AddVersion("a", 2);
  const auto before = *ScanModelDir(folder.path());
  EXPECT_EQ((*ScanModelDir(folder.path()))[0].versions[0].fingerprint,
            before[0].versions[0].fingerprint);
  folder.AddVersion("a", 2, "# longer\n");
  const auto after = *ScanModelDir(folder.path());
  EXPECT_EQ(after[0].versions[0].fingerprint, before[0].versions[0].fingerprint);
  EXPECT_NE(after[0].versions[1].fingerprint, before[0].versions[1].fingerprint);
}

TEST(RepositoryScanTest, TellsWhatCannotBeAModel) {
  TestModelFolder folder;
  folder.AddVersion("a", 1);
  folder.AddPlain("a", "a");
  folder.AddPlain("x", "b");
  folder.AddPlain("y", "b");
  const auto models = *ScanModelDir(folder.path());
  ASSERT_THAT(models, SizeIs(2));
  EXPECT_EQ(models[0].problem.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(models[1].problem.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(models[1].problem.message()), HasSubstr("name: 'b' is also in "));
  EXPECT_FALSE(LoadVersion(models[1], models[1].versions[0]).ok());
}

TEST(RepositoryScanTest, AVersionWithoutANameOfItsOwnIsItsFolders) {
  TestModelFolder folder;
  std::string text = TestModelFolder::Manifest("a", "7");
  text.erase(text.find("version: \"7\""), 12);
  folder.AddVersion("a", 3, text);
  const auto models = *ScanModelDir(folder.path());
  const auto spec = LoadVersion(models[0], models[0].versions[0]);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->version, "3");
}

}  // namespace
}  // namespace omserve
