// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/authorise.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/security/access_table.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kInferToken[] = "0123456789abcdef0123456789abcdef";
constexpr char kControlToken[] = "fedcba9876543210fedcba9876543210";
constexpr char kDetect[] = "/omserve.v1.Vision/Detect";
constexpr char kLoad[] = "/omserve.v1.Control/Load";

class AuthoriseTest : public ::testing::Test {
 protected:
  Verdict Judge(const std::string& path, const std::vector<absl::string_view>& authorization,
                const std::vector<absl::string_view>& names = {}) const {
    return Authorise({path, authorization, names}, &tokens_, identities_);
  }
  std::string Bearer(absl::string_view token) const { return absl::StrCat("Bearer ", token); }

  const TokenTable tokens_ = TokenTable::Parse(absl::StrCat("scanner infer ", kInferToken,
                                                            "\nops control ", kControlToken))
                                 .value();
  const std::map<std::string, Roles> identities_ = {{"line-3", Role::kInfer},
                                                    {"spiffe://plant/ops", Role::kControl}};
};

TEST_F(AuthoriseTest, ATokenDoesWhatItsRolesDo) {
  EXPECT_EQ(Judge(kDetect, {Bearer(kInferToken)}).refusal, Refusal::kNone);
  EXPECT_EQ(Judge(kLoad, {Bearer(kControlToken)}).refusal, Refusal::kNone);
  const Verdict no = Judge(kLoad, {Bearer(kInferToken)});
  EXPECT_EQ(no.refusal, Refusal::kNoRole);
  EXPECT_FALSE(IsUnauthenticated(no.refusal));
  EXPECT_EQ(no.text,
            "omserve.v1.Control/Load needs the role control, and 'scanner' has infer; ask the "
            "server's operator for the role");
  EXPECT_EQ(Judge(kDetect, {Bearer(kControlToken)}).refusal, Refusal::kNoRole)
      << "roles do not contain each other";
}

TEST_F(AuthoriseTest, NobodyIsToldHowToComeIn) {
  const Verdict no = Judge(kDetect, {});
  EXPECT_EQ(no.refusal, Refusal::kNoCredentials);
  EXPECT_TRUE(IsUnauthenticated(no.refusal));
  EXPECT_THAT(no.text, HasSubstr("authorization: Bearer TOKEN"));
  const Verdict by_certificate = Authorise({kDetect, {}, {}}, nullptr, identities_);
  EXPECT_EQ(by_certificate.refusal, Refusal::kNoCredentials);
  EXPECT_THAT(by_certificate.text, HasSubstr("--tls-cert"));
}

TEST_F(AuthoriseTest, AWrongTokenIsRefusedAndNotRepeated) {
  const Verdict no = Judge(kDetect, {Bearer("wrongwrongwrongwrongwrongwrongwr")});
  EXPECT_EQ(no.refusal, Refusal::kUnknownToken);
  EXPECT_THAT(no.text, Not(HasSubstr("wrongwrong")));
  EXPECT_EQ(Judge(kDetect, {Bearer("wrong")}, {"line-3"}).refusal, Refusal::kUnknownToken)
      << "whatever the certificate says";
}

TEST_F(AuthoriseTest, OneHeaderOfOneScheme) {
  EXPECT_EQ(Judge(kDetect, {absl::StrCat("bEARER  ", kInferToken, " ")}).refusal, Refusal::kNone);
  EXPECT_EQ(Judge(kDetect, {absl::StrCat("Basic ", kInferToken)}).refusal, Refusal::kBadHeader);
  EXPECT_EQ(Judge(kDetect, {kInferToken}).refusal, Refusal::kBadHeader);
  EXPECT_EQ(Judge(kDetect, {""}).refusal, Refusal::kBadHeader);
  EXPECT_EQ(Judge(kDetect, {"Bearer "}).refusal, Refusal::kUnknownToken);
  EXPECT_EQ(Judge(kDetect, {Bearer(kInferToken), Bearer(kControlToken)}).refusal,
            Refusal::kBadHeader);
}

TEST_F(AuthoriseTest, ACertificateHasTheRolesOfItsNames) {
  EXPECT_EQ(Judge(kDetect, {}, {"other", "line-3"}).refusal, Refusal::kNone);
  EXPECT_EQ(Judge(kLoad, {}, {"line-3"}).refusal, Refusal::kNoRole);
  EXPECT_EQ(Judge(kLoad, {}, {"line-3", "spiffe://plant/ops"}).refusal, Refusal::kNone);
  EXPECT_EQ(Judge(kLoad, {Bearer(kControlToken)}, {"line-3"}).refusal, Refusal::kNone)
      << "roles add up";
  const Verdict stranger = Judge(kDetect, {}, {"stranger"});
  EXPECT_EQ(stranger.refusal, Refusal::kNoRole);
  EXPECT_THAT(stranger.text, HasSubstr("client certificate of 'stranger' has no role"));
}

TEST_F(AuthoriseTest, WhatHasNoRowIsDenied) {
  EXPECT_EQ(Judge("/omserve.v1.Vision/Backdoor", {Bearer(kInferToken)}).refusal, Refusal::kNoRow);
  EXPECT_EQ(Judge("/omserve.v1.Vision/Backdoor", {}).refusal, Refusal::kNoCredentials)
      << "who is not known learns nothing of what there is";
  EXPECT_EQ(Judge("", {Bearer(kControlToken)}).refusal, Refusal::kNoRow);
}

// Every row against every caller: in exactly when the table says so.
TEST_F(AuthoriseTest, TheTableDecides) {
  for (const AccessRow& row : AccessTable()) {
    const std::string path = absl::StrCat("/", row.service, "/", row.method);
    EXPECT_EQ(Judge(path, {}).refusal == Refusal::kNone, row.anyone) << path;
    for (const auto& [token, role] :
         {std::pair(kInferToken, Role::kInfer), std::pair(kControlToken, Role::kControl)}) {
      const Verdict verdict = Judge(path, {Bearer(token)});
      EXPECT_EQ(verdict.refusal == Refusal::kNone, row.anyone || row.roles.Intersects(role))
          << path;
      EXPECT_EQ(verdict.text.empty(), verdict.refusal == Refusal::kNone);
    }
  }
}

TEST(RefusalTest, NamesDiffer) {
  std::set<std::string_view> names;
  for (const Refusal refusal : kRefusals) names.insert(RefusalName(refusal));
  EXPECT_EQ(names.size(), kRefusals.size());
}

}  // namespace
}  // namespace omserve
