// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/token_table.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";
constexpr char kOther[] = "fedcba9876543210fedcba9876543210";

std::string ErrorOf(const std::string& text) {
  const auto table = TokenTable::Parse(text);
  EXPECT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument) << text;
  return std::string(table.status().message());
}

TEST(TokenTableTest, FindsWhoseATokenIs) {
  const auto table =
      TokenTable::Parse(absl::StrCat("# who may come\n\nscanner\tinfer ", kToken,
                                     "\r\n ops  infer,control,stats ", kOther, " # night shift\n"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->size(), 2u);
  ASSERT_NE(table->Find(kToken), nullptr);
  EXPECT_EQ(table->Find(kToken)->name, "scanner");
  EXPECT_EQ(table->Find(kToken)->roles, Roles(Role::kInfer));
  ASSERT_NE(table->Find(kOther), nullptr);
  EXPECT_EQ(table->Find(kOther)->roles, Role::kInfer | Role::kControl | Role::kStats);
}

TEST(TokenTableTest, NothingElseIsAToken) {
  const auto table = TokenTable::Parse(absl::StrCat("a infer ", kToken));
  ASSERT_TRUE(table.ok());
  std::string nearly = kToken;
  nearly.back() = 'e';
  EXPECT_EQ(table->Find(nearly), nullptr);
  EXPECT_EQ(table->Find(""), nullptr);
  EXPECT_EQ(table->Find(absl::StrCat(kToken, "0")), nullptr);
  EXPECT_EQ(table->Find(std::string(1 << 20, 'x')), nullptr);
}

TEST(TokenTableTest, ADigestStandsForItsToken) {
  // sha256sum of kToken.
  const std::string digest = "3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9";
  const auto table = TokenTable::Parse(absl::StrCat("a stats sha256:", digest));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_NE(table->Find(kToken), nullptr);
  EXPECT_EQ(table->Find(absl::StrCat("sha256:", digest)), nullptr) << "the digest is no token";
  EXPECT_EQ(table->Find(digest), nullptr);
}

TEST(TokenTableTest, ErrorsTellTheLineAndNoToken) {
  EXPECT_THAT(ErrorOf(absl::StrCat("a infer ", kToken, "\nb infer secretsecret")),
              AllOf(HasSubstr("line 2: the token has 12 characters and needs 32"),
                    Not(HasSubstr("secretsecret"))));
  EXPECT_THAT(ErrorOf(absl::StrCat("a admin ", kToken)),
              AllOf(HasSubstr("line 1: 'admin' is not a role; there are infer, control and stats"),
                    Not(HasSubstr(kToken))));
  EXPECT_THAT(ErrorOf(absl::StrCat("a infer, ", kToken)), HasSubstr("'' is not a role"));
  EXPECT_THAT(ErrorOf(kToken),
              AllOf(HasSubstr("line 1: 1 words instead of"), Not(HasSubstr(kToken))));
  EXPECT_THAT(ErrorOf(absl::StrCat("a infer ", kToken, " more")), HasSubstr("4 words"));
  EXPECT_THAT(ErrorOf("a infer sha256:12"), HasSubstr("64 hexadecimal digits"));
  EXPECT_THAT(ErrorOf(absl::StrCat("a infer ", kToken, "\xc3\xa4")),
              HasSubstr("a header cannot carry"));
  EXPECT_THAT(ErrorOf(absl::StrCat("a infer ", std::string(513, 'x'))),
              HasSubstr("513 characters"));
}

TEST(TokenTableTest, NamesAndTokensAreThereOnce) {
  EXPECT_THAT(ErrorOf(absl::StrCat("a infer ", kToken, "\na infer ", kOther)),
              HasSubstr("line 2: "));
  EXPECT_THAT(ErrorOf(absl::StrCat("a infer ", kToken, "\nb control ", kToken)),
              HasSubstr("the name or the token of 'a' again"));
}

TEST(TokenTableTest, AnEmptyFileIsAMistake) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("no token"));
  EXPECT_THAT(ErrorOf("# nobody\n"), HasSubstr("no token"));
}

TEST(TokenTableTest, ThereIsAnEndToIt) {
  std::string text;
  for (size_t i = 0; i <= TokenTable::kMostTokens; ++i) {
    absl::StrAppend(&text, "n", i, " infer ", kToken, i, "\n");
  }
  EXPECT_THAT(ErrorOf(text), HasSubstr("more than 1000 tokens"));
}

}  // namespace
}  // namespace omserve
