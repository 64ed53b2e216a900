// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/version_policy.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;

TEST(VersionPolicyTest, TriesTheHighestFirst) {
  const VersionPolicy latest{.latest = 2};
  EXPECT_THAT(latest.Candidates({2, 10, 9}), ElementsAre(10, 9, 2));
  EXPECT_EQ(latest.Wanted(3), 2u);
  EXPECT_EQ(latest.Wanted(1), 1u);
  const VersionPolicy all{.kind = VersionPolicy::Kind::kAll};
  EXPECT_EQ(all.Wanted(3), 3u);
  const VersionPolicy specific{.kind = VersionPolicy::Kind::kSpecific, .specific = {1, 9}};
  EXPECT_THAT(specific.Candidates({2, 10, 9}), ElementsAre(9));
  EXPECT_EQ(specific.Wanted(1), 1u);
}

TEST(VersionPolicyTest, AVersionIsANumber) {
  EXPECT_EQ(*ParseVersion("1"), 1);
  EXPECT_EQ(*ParseVersion("999999999999999999"), 999999999999999999);
  for (const char* text : {"", "0", "01", "1000000000000000000", "1.0", "-1", "+1", " 1", "v1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseVersion(text).status())) << text;
  }
  EXPECT_LT(ParseVersion(std::string(9000, 'x')).status().message().size(), 200u);
}

}  // namespace
}  // namespace omserve
