// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/picture_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace omserve::client {
namespace {

class PictureFilesTest : public ::testing::Test {
 protected:
  PictureFilesTest()
      : folder_(::testing::TempDir() + "picture_files_" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(folder_);
  }
  ~PictureFilesTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  const std::string folder_;
};

TEST_F(PictureFilesTest, ReadsAllBytes) {
  const std::string bytes("a\0\r\n\xff", 5);
  EXPECT_EQ(*ReadFile(Write("x", bytes)), bytes);
}

TEST_F(PictureFilesTest, NamesWhatCannotBeRead) {
  EXPECT_EQ(ReadFile(folder_ + "/none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadFile(folder_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PictureFilesTest, ListsPicturesOfFoldersByNameAndFilesAsGiven) {
  const std::string b = Write("b.png", "");
  const std::string a = Write("a.JPG", "");
  const std::string other = Write("annotations.json", "");
  EXPECT_EQ(*ListPictures({folder_}), (std::vector<std::string>{a, b}));
  EXPECT_EQ(*ListPictures({other, b}), (std::vector<std::string>{other, b}));
}

TEST_F(PictureFilesTest, RefusesMissingPathsAndEmptyFolders) {
  EXPECT_EQ(ListPictures({folder_}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ListPictures({folder_ + "/none"}).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace omserve::client
