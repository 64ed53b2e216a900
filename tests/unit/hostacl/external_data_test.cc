// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "external_data.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace hostacl {
namespace {

class ExternalDataTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(::testing::TempDir()) / ("ext_" + std::to_string(getpid()));
    std::filesystem::create_directories(root_ / "model" / "sub");
    std::ofstream(root_ / "model" / "w.bin") << "12345678";
    std::ofstream(root_ / "outside.bin") << "12345678";
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  // The message; empty when the data is fine.
  std::string Check(const std::string& location, uint64_t offset, uint64_t length) {
    OnnxFile file;
    file.externals.push_back({"weight", location, offset, length});
    std::string problem;
    const bool good = CheckExternalData(root_ / "model" / "m.onnx", file, &problem);
    EXPECT_EQ(good, problem.empty());
    return problem;
  }
  std::filesystem::path root_;
};

TEST_F(ExternalDataTest, TakesWhatIsThereAndLongEnough) {
  EXPECT_EQ(Check("w.bin", 0, 8), "");
  EXPECT_EQ(Check("w.bin", 4, 4), "");
  EXPECT_EQ(Check("sub/../w.bin", 0, 0), "");
}

TEST_F(ExternalDataTest, NamesMissingAndShortFiles) {
  EXPECT_NE(Check("none.bin", 0, 8).find("none.bin is not there"), std::string::npos);
  EXPECT_NE(Check("w.bin", 0, 9).find("w.bin is too short: it has 8 bytes"), std::string::npos);
  EXPECT_NE(Check("w.bin", 9, 0).find("too short"), std::string::npos);
  EXPECT_NE(Check("w.bin", ~uint64_t{0}, 2).find("too short"), std::string::npos);
  EXPECT_NE(Check("w.bin", 2, ~uint64_t{0}).find("weight"), std::string::npos);
}

TEST_F(ExternalDataTest, RefusesToLeaveTheFolder) {
  EXPECT_NE(Check("../outside.bin", 0, 8).find("leaves the model's folder"), std::string::npos);
  EXPECT_NE(Check((root_ / "outside.bin").string(), 0, 8).find("leaves"), std::string::npos);
  EXPECT_NE(Check("", 0, 0).find("leaves"), std::string::npos);
  std::filesystem::create_symlink(root_ / "outside.bin", root_ / "model" / "link.bin");
  EXPECT_NE(Check("link.bin", 0, 8).find("leaves"), std::string::npos);
}

}  // namespace
}  // namespace hostacl
