// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "omserve/client/access.h"

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AccessTest : public ::testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& text) const {
    std::ofstream(folder_ / "file", std::ios::trunc) << text;
    return (folder_ / "file").string();
  }
  static absl::Status ErrorOf(const AccessOptions& options) {
    return Access::Load(options).status();
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / "omserve_access_test";
};

TEST_F(AccessTest, NothingIsPlainText) {
  EXPECT_TRUE(Access::Load({}).ok());
  EXPECT_NE(Access().Credentials(), nullptr);
}

TEST_F(AccessTest, ATokenIsOneLine) {
  const std::string good = Write("abc.DEF-123\n");
  EXPECT_TRUE(Access::Load({.token_file = good}).ok());
  for (const char* bad : {"two words", "a\nb", "  \n", "t\xc3\xa4g"}) {
    const absl::Status status = ErrorOf({.token_file = Write(bad)});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("file"), Not(HasSubstr("words"))));
  }
}

TEST_F(AccessTest, ErrorsNameTheFile) {
  const std::string lost = (folder_ / "lost").string();
  for (const AccessOptions& options :
       {AccessOptions{.tls_ca = lost}, AccessOptions{.token_file = lost},
        AccessOptions{.tls_ca = "system", .tls_certificate = lost, .tls_key = lost}}) {
    const absl::Status status = ErrorOf(options);
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(lost));
  }
  EXPECT_FALSE(ErrorOf({.token_file = folder_.string()}).ok()) << "a folder";
}

TEST_F(AccessTest, CertificateAndKeyBelongTogether) {
  const std::string file = Write("x");
  EXPECT_THAT(ErrorOf({.tls_ca = file, .tls_certificate = file}).ToString(),
              HasSubstr("belong together"));
  EXPECT_THAT(ErrorOf({.tls_certificate = file, .tls_key = file}).ToString(),
              HasSubstr("who signs the server's certificate"));
  EXPECT_THAT(ErrorOf({.tls_name = "a.example"}).ToString(), HasSubstr("for TLS"));
}

}  // namespace
}  // namespace omserve::client
