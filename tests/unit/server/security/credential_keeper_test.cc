// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/credential_keeper.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificate_maker.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";
constexpr char kOther[] = "fedcba9876543210fedcba9876543210";
constexpr char kDetect[] = "/omserve.v1.Vision/Detect";

class CredentialKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / "credential_keeper_test";
    std::filesystem::create_directories(folder_);
    config_.tls = {Path("tls.crt"), Path("tls.key"), Path("ca.crt"), true};
    config_.tokens = Path("tokens");
    config_.reload = absl::ZeroDuration();  // the test looks
    WritePair(maker_.Make({}));
    Write("ca.crt", maker_.ca());
    Write("tokens", absl::StrCat("scanner infer ", kToken));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return (folder_ / name).string(); }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::trunc) << text;
  }
  void WritePair(const PemPair& pair) const {
    Write("tls.crt", pair.certificate);
    Write("tls.key", pair.key);
  }
  std::string ErrorOf() const {
    const absl::Status status = CheckCredentialFiles(config_, absl::Now());
    EXPECT_FALSE(status.ok());
    return status.ToString();
  }
  std::unique_ptr<CredentialKeeper> Keeper() {
    return CredentialKeeper::Create(config_, metrics_, Clock::Real()).value();
  }
  static Refusal Ask(const CredentialKeeper& keeper, absl::string_view token) {
    const std::string header = absl::StrCat("Bearer ", token);
    const absl::string_view values[] = {header};
    return keeper.Judge({kDetect, values, {}}).refusal;
  }

  std::filesystem::path folder_;
  CertificateMaker maker_;
  SecurityConfig config_;
  ServerMetrics metrics_{BuildInfo{}};
};

TEST_F(CredentialKeeperTest, TakesWhatFits) {
  EXPECT_EQ(CheckCredentialFiles(config_, absl::Now()), absl::OkStatus());
  EXPECT_EQ(CheckCredentialFiles(SecurityConfig(), absl::Now()), absl::OkStatus());
}

TEST_F(CredentialKeeperTest, ErrorsNameFieldAndFile) {
  std::filesystem::remove(Path("tls.crt"));
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("NOT_FOUND"), HasSubstr("security.tls.certificate: "),
                               HasSubstr(Path("tls.crt"))));
  Write("tls.crt", "no certificate");
  EXPECT_THAT(ErrorOf(),
              AllOf(HasSubstr("security.tls.certificate: "), HasSubstr("has no PEM certificate")));
  WritePair(maker_.Make({}));
  Write("tls.key", "no key");
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("security.tls.private_key: "), HasSubstr("no PEM")));
  Write("tls.key", maker_.Make({}).key);
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("security.tls.private_key: "),
                               HasSubstr("is not the key of the first certificate in")));
  WritePair(maker_.Make({}));
  Write("ca.crt", "");
  EXPECT_THAT(ErrorOf(), HasSubstr("security.tls.client_ca: "));
  Write("ca.crt", maker_.ca());
  std::filesystem::remove(Path("tokens"));
  EXPECT_THAT(ErrorOf(), HasSubstr("security.tokens: cannot read"));
  Write("tokens", "a admin x");
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("security.tokens: "), HasSubstr("line 1: 'admin'")));
  std::filesystem::remove(Path("tokens"));
  std::filesystem::create_directory(Path("tokens"));
  EXPECT_THAT(ErrorOf(), HasSubstr("security.tokens: cannot read"));
  std::filesystem::remove(Path("tokens"));
  Write("tokens", std::string((1 << 20) + 1, '#'));
  EXPECT_THAT(ErrorOf(), HasSubstr("is larger than 1048576 bytes"));
}

TEST_F(CredentialKeeperTest, APipeIsNotWaitedFor) {
  std::filesystem::remove(Path("tokens"));
  ASSERT_EQ(mkfifo(Path("tokens").c_str(), 0600), 0);
  EXPECT_THAT(ErrorOf(), HasSubstr("security.tokens: "));
}

TEST_F(CredentialKeeperTest, ACertificateThatIsNotValidNowIsRefused) {
  WritePair(maker_.Make({.ends = -absl::Minutes(1)}));
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("security.tls.certificate: "), HasSubstr("not now")));
  WritePair(maker_.Make({.begins = absl::Minutes(10)}));
  EXPECT_THAT(ErrorOf(), HasSubstr("not now"));
}

TEST_F(CredentialKeeperTest, TheMetricTellsWhenTheFirstOfTheChainEnds) {
  const PemPair own = maker_.Make({.ends = absl::Hours(24 * 90)});
  const PemPair above = maker_.Make({.ends = absl::Hours(24 * 3)});
  Write("tls.crt", own.certificate + above.certificate);
  Write("tls.key", own.key);
  const auto keeper = Keeper();
  const absl::Duration left = keeper->certificates()->expires - absl::Now();
  EXPECT_GT(left, absl::Hours(71));
  EXPECT_LT(left, absl::Hours(73));
  EXPECT_THAT(metrics_.Text(), AllOf(HasSubstr("expiry_timestamp_seconds{file=\"certificate\"} "),
                                     HasSubstr("expiry_timestamp_seconds{file=\"client_ca\"} ")));
}

TEST_F(CredentialKeeperTest, AChangeIsTakenAtTheSecondLook) {
  const auto keeper = Keeper();
  const auto before = keeper->certificates();
  keeper->Look();
  EXPECT_EQ(keeper->certificates(), before) << "nothing has changed";
  const PemPair next = maker_.Make({});
  WritePair(next);
  keeper->Look();
  EXPECT_EQ(keeper->certificates(), before) << "it may still be written";
  keeper->Look();
  EXPECT_EQ(keeper->certificates()->certificate, next.certificate);
  EXPECT_THAT(metrics_.Text(), HasSubstr("{result=\"ok\",what=\"certificates\"} 1"));
}

TEST_F(CredentialKeeperTest, HalfARotationChangesNothing) {
  const auto keeper = Keeper();
  const auto before = keeper->certificates();
  const PemPair next = maker_.Make({});
  Write("tls.crt", next.certificate);  // the key is late
  for (int i = 0; i < 4; ++i) keeper->Look();
  EXPECT_EQ(keeper->certificates(), before);
  EXPECT_THAT(metrics_.Text(), HasSubstr("{result=\"failed\",what=\"certificates\"} 1"))
      << "told once, not at every look";
  Write("tls.key", next.key);
  for (int i = 0; i < 2; ++i) keeper->Look();
  EXPECT_EQ(keeper->certificates()->private_key, next.key);
}

TEST_F(CredentialKeeperTest, TokensComeAndGo) {
  const auto keeper = Keeper();
  EXPECT_EQ(Ask(*keeper, kToken), Refusal::kNone);
  EXPECT_EQ(Ask(*keeper, kOther), Refusal::kUnknownToken);
  Write("tokens", absl::StrCat("scanner infer ", kOther));
  for (int i = 0; i < 2; ++i) keeper->Look();
  EXPECT_EQ(Ask(*keeper, kToken), Refusal::kUnknownToken);
  EXPECT_EQ(Ask(*keeper, kOther), Refusal::kNone);
  std::filesystem::remove(Path("tokens"));
  for (int i = 0; i < 2; ++i) keeper->Look();
  EXPECT_EQ(Ask(*keeper, kOther), Refusal::kNone) << "a lost file is no reason to lock all out";
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr("omserve_refusals_total{reason=\"unknown_token\"} 2"),
                    HasSubstr("{result=\"ok\",what=\"tokens\"} 1"),
                    HasSubstr("{result=\"failed\",what=\"tokens\"} 1")));
}

TEST_F(CredentialKeeperTest, RevokedCertificatesAreRefusedFromTheNextCallOn) {
  const std::string mine = maker_.Make({}).certificate;
  Write("crl.pem", maker_.Revocations({}));
  config_.tls.client_crl = Path("crl.pem");
  const auto keeper = Keeper();
  const std::string header = absl::StrCat("Bearer ", kToken);
  const absl::string_view values[] = {header};
  const auto ask = [&](const std::string& certificate) {
    return keeper->Judge({kDetect, values, {}, certificate}).refusal;
  };
  EXPECT_EQ(ask(mine), Refusal::kNone);
  Write("crl.pem", maker_.Revocations({mine}));
  for (int i = 0; i < 2; ++i) keeper->Look();
  EXPECT_EQ(ask(mine), Refusal::kRevokedCertificate) << "whatever token it brings";
  EXPECT_EQ(ask(""), Refusal::kNone) << "who has none";
  Write("crl.pem", CertificateMaker("stranger").Revocations({}));
  for (int i = 0; i < 2; ++i) keeper->Look();
  EXPECT_EQ(ask(mine), Refusal::kRevokedCertificate) << "a list of a stranger changes nothing";
  EXPECT_THAT(metrics_.Text(),
              AllOf(HasSubstr("omserve_refusals_total{reason=\"revoked_certificate\"} 2"),
                    HasSubstr("{result=\"ok\",what=\"revocations\"} 1"),
                    HasSubstr("{result=\"failed\",what=\"revocations\"} 1"),
                    HasSubstr("expiry_timestamp_seconds{file=\"client_crl\"} ")));
  EXPECT_THAT(ErrorOf(), AllOf(HasSubstr("security.tls.client_crl: "), HasSubstr("client_ca has")));
}

TEST_F(CredentialKeeperTest, WithoutRolesOnlyTheRevokedAreRefused) {
  const std::string mine = maker_.Make({}).certificate;
  const std::string gone = maker_.Make({}).certificate;
  Write("crl.pem", maker_.Revocations({gone}));
  config_.tokens.clear();
  config_.tls.client_crl = Path("crl.pem");
  ASSERT_TRUE(config_.judges());
  const auto keeper = Keeper();
  EXPECT_EQ(keeper->Judge({kDetect, {}, {}, mine}).refusal, Refusal::kNone);
  EXPECT_EQ(keeper->Judge({kDetect, {}, {}, gone}).refusal, Refusal::kRevokedCertificate);
}

TEST_F(CredentialKeeperTest, AMistakeEndsTheStart) {
  Write("tokens", "x");
  const auto keeper = CredentialKeeper::Create(config_, metrics_, Clock::Real());
  EXPECT_THAT(keeper.status().ToString(), HasSubstr("security.tokens: "));
}

TEST_F(CredentialKeeperTest, WithoutTokensThereAreNoSeriesForThem) {
  config_.tokens.clear();
  config_.tls.client_ca.clear();
  const auto keeper = Keeper();
  EXPECT_THAT(metrics_.Text(), AllOf(Not(HasSubstr("omserve_refusals_total{")),
                                     Not(HasSubstr("file=\"client_ca\""))));
}

// For TSan: calls are judged while files change.
TEST_F(CredentialKeeperTest, LooksWhileCallsAreJudged) {
  const auto keeper = Keeper();
  Thread looks("looks", [&] {
    for (int i = 0; i < 40; ++i) {
      Write("tokens", absl::StrCat("scanner infer ", kToken, "\nn", i, " stats ", kOther));
      for (int j = 0; j < 2; ++j) keeper->Look();
    }
  });
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(Ask(*keeper, kToken), Refusal::kNone);
  looks.Join();
}

}  // namespace
}  // namespace omserve
