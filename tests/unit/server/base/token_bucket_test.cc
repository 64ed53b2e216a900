// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/base/token_bucket.h"

#include "gtest/gtest.h"

namespace omserve {
namespace {

constexpr absl::Time kStart = absl::UnixEpoch();

int Through(TokenBucket& bucket, absl::Time now, int tries) {
  int through = 0;
  for (int i = 0; i < tries; ++i) through += bucket.Take(now) ? 1 : 0;
  return through;
}

TEST(TokenBucketTest, LetsTheBurstThroughAndThenTheRate) {
  TokenBucket bucket(2, 5);
  EXPECT_EQ(Through(bucket, kStart, 20), 5);
  EXPECT_EQ(Through(bucket, kStart + absl::Milliseconds(400), 20), 0);
  EXPECT_EQ(Through(bucket, kStart + absl::Seconds(1), 20), 2);
}

TEST(TokenBucketTest, APauseGivesNoMoreThanTheBurst) {
  TokenBucket bucket(2, 5);
  EXPECT_EQ(Through(bucket, kStart, 20), 5);
  EXPECT_EQ(Through(bucket, kStart + absl::Hours(1), 20), 5);
}

TEST(TokenBucketTest, AClockThatGoesBackGivesNothing) {
  TokenBucket bucket(1, 1);
  EXPECT_EQ(Through(bucket, kStart + absl::Seconds(10), 2), 1);
  EXPECT_EQ(Through(bucket, kStart, 2), 0);
  EXPECT_EQ(Through(bucket, kStart + absl::Seconds(10), 2), 0) << "that time was paid out";
}

}  // namespace
}  // namespace omserve
