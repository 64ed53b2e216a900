// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/gear_time.h"

#include <gtest/gtest.h>

namespace omserve {
namespace {

std::vector<absl::Duration> Samples(const std::vector<int>& ms) {
  std::vector<absl::Duration> samples;
  for (const int one : ms) samples.push_back(absl::Milliseconds(one));
  return samples;
}

TEST(GearTimeTest, MedianAndSpreadOfUnorderedSamples) {
  const GearTime time =
      Summarise(4, absl::Milliseconds(99), Samples({10, 2, 3, 4, 5, 6, 7, 8, 9, 1}));
  EXPECT_EQ(time.gear, 4);
  EXPECT_EQ(time.runs, 10);
  EXPECT_EQ(time.first, absl::Milliseconds(99));
  EXPECT_EQ(time.median, absl::Microseconds(5500));
  EXPECT_EQ(time.p10, absl::Milliseconds(1));
  EXPECT_EQ(time.p90, absl::Milliseconds(9));
  EXPECT_EQ(time.least, absl::Milliseconds(1));
}

TEST(GearTimeTest, OneSampleIsAllOfIt) {
  const GearTime time = Summarise(1, absl::Milliseconds(7), Samples({7}));
  EXPECT_EQ(time.median, absl::Milliseconds(7));
  EXPECT_EQ(time.p10, time.p90);
  EXPECT_EQ(Summarise(1, absl::Milliseconds(7), Samples({3, 1, 2})).median, absl::Milliseconds(2));
}

}  // namespace
}  // namespace omserve
