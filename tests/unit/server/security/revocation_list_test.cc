// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/revocation_list.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/thread.h"
#include "tests/support/certificate_maker.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

class RevocationListTest : public ::testing::Test {
 protected:
  std::shared_ptr<const RevocationList> Parse(const std::string& pem) const {
    return RevocationList::Parse(pem, absl::StrCat(maker_.ca(), second_.ca())).value();
  }
  std::string ErrorOf(const std::string& pem) const {
    return RevocationList::Parse(pem, maker_.ca()).status().ToString();
  }

  CertificateMaker maker_{"first"};
  CertificateMaker second_{"second"};
};

TEST_F(RevocationListTest, TellsWhatIsOnTheListOfItsAuthority) {
  const std::string gone = maker_.Make({}).certificate;
  const std::string here = maker_.Make({}).certificate;
  // Their serial numbers are the same: each authority counts for itself.
  const std::string namesake = second_.Make({}).certificate;
  const auto list = Parse(maker_.Revocations({gone}));
  for (int i = 0; i < 2; ++i) {  // also what is remembered
    EXPECT_TRUE(list->Revoked(gone));
    EXPECT_FALSE(list->Revoked(here));
    EXPECT_FALSE(list->Revoked(namesake));
  }
  EXPECT_TRUE(list->Revoked("no certificate"));
  EXPECT_FALSE(Parse(maker_.Revocations({}))->Revoked(gone));
}

TEST_F(RevocationListTest, EachAuthorityMayHaveOne) {
  const std::string first = maker_.Make({}).certificate;
  const std::string second = second_.Make({}).certificate;
  const auto list = Parse(absl::StrCat(maker_.Revocations({first}, absl::Hours(5)),
                                       second_.Revocations({second}, absl::Hours(3))));
  EXPECT_TRUE(list->Revoked(first));
  EXPECT_TRUE(list->Revoked(second));
  EXPECT_GT(list->outdated() - absl::Now(), absl::Hours(2));
  EXPECT_LT(list->outdated() - absl::Now(), absl::Hours(4)) << "the first that is";
}

TEST_F(RevocationListTest, WhatIsNoWholeListOfAKnownAuthorityIsRefused) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("has no PEM revocation list"));
  EXPECT_THAT(ErrorOf(maker_.ca()), HasSubstr("has no PEM revocation list"));
  EXPECT_THAT(ErrorOf(second_.Revocations({})), HasSubstr("security.tls.client_ca has signed"));
  const std::string good = maker_.Revocations({});
  EXPECT_THAT(ErrorOf(good + good.substr(0, good.size() / 2)), HasSubstr("cut off or damaged"));
  std::string damaged = good;
  damaged[damaged.size() / 2] = '*';
  EXPECT_THAT(ErrorOf(good + damaged), HasSubstr("cut off or damaged"));
  CertificateMaker impostor("first");
  EXPECT_THAT(ErrorOf(impostor.Revocations({})), HasSubstr("security.tls.client_ca has signed"));
  EXPECT_THAT(ErrorOf(maker_.Revocations({}, absl::Hours(1), true)), HasSubstr("delta CRL"));
}

TEST_F(RevocationListTest, AnOutdatedListStillHolds) {
  const std::string gone = maker_.Make({}).certificate;
  const auto list = Parse(maker_.Revocations({gone}, -absl::Hours(1)));
  EXPECT_LT(list->outdated(), absl::Now());
  EXPECT_TRUE(list->Revoked(gone));
}

// For TSan: more certificates than are remembered, asked for by two threads.
TEST_F(RevocationListTest, IsAskedByManyThreads) {
  const std::string gone = maker_.Make({}).certificate;
  const std::string here = maker_.Make({}).certificate;
  const auto list = Parse(maker_.Revocations({gone}));
  const auto ask = [&] {
    for (int i = 0; i < 3000; ++i) {
      EXPECT_TRUE(list->Revoked(absl::StrCat("no certificate ", i)));
      EXPECT_TRUE(list->Revoked(gone));
      EXPECT_FALSE(list->Revoked(here));
    }
  };
  Thread other("other", ask);
  ask();
  other.Join();
}

}  // namespace
}  // namespace omserve
