// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/batch_former.h"

#include <gtest/gtest.h>

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;

constexpr absl::Time kStart = absl::UnixEpoch();
const absl::Time kNever = absl::InfiniteFuture();
constexpr absl::Duration kNone = absl::ZeroDuration();

GearPlan Plan148() {
  return GearPlan({{1, Milliseconds(10)}, {4, Milliseconds(16)}, {8, Milliseconds(28)}});
}

TEST(BatchFormerTest, TakesItemsOfManyJobsInOrder) {
  Job a, b, c;
  const BatchChoice choice = ChooseBatch(
      Plan148(), {{&a, 3, kNever}, {&b, 4, kNever}, {&c, 4, kNever}}, 11, kStart, kNone);
  EXPECT_EQ(choice.gear, 2u);
  EXPECT_EQ(choice.items, 8);
  ASSERT_EQ(choice.take.size(), 3u);
  EXPECT_EQ(choice.take[1].job, &b);
  EXPECT_EQ(choice.take[2].items, 1);
}

TEST(BatchFormerTest, ASmallGearWhenALargeOneWouldBeLate) {
  Job urgent;
  // 4 would be cheaper for two items, but late for both.
  const absl::Time due = kStart + Milliseconds(12);
  const BatchChoice choice = ChooseBatch(Plan148(), {{&urgent, 2, due}}, 2, kStart, kNone);
  EXPECT_EQ(choice.gear, 0u);
  EXPECT_EQ(choice.items, 1);
}

TEST(BatchFormerTest, MoreInTimeBeatsLessDeviceTime) {
  Job first, rest;
  // One of 1 for the first and an 8 for the rest ends all 8 in time; an 8 at once ends 7.
  const BatchChoice choice = ChooseBatch(
      Plan148(), {{&first, 1, kStart + Milliseconds(15)}, {&rest, 7, kStart + Milliseconds(40)}}, 8,
      kStart, kNone);
  EXPECT_EQ(choice.gear, 0u);
  EXPECT_EQ(choice.take[0].job, &first);
}

TEST(BatchFormerTest, LateOnesGoBehindButFillEmptyRows) {
  Job late, in_time;
  const BatchChoice choice = ChooseBatch(
      Plan148(), {{&late, 3, kStart + Milliseconds(1)}, {&in_time, 2, kStart + Milliseconds(17)}},
      5, kStart, kNone);
  EXPECT_EQ(choice.gear, 1u);
  ASSERT_EQ(choice.take.size(), 2u);
  EXPECT_EQ(choice.take[0].job, &in_time);
  EXPECT_EQ(choice.take[1].job, &late);
  EXPECT_EQ(choice.take[1].items, 2);
}

TEST(BatchFormerTest, AmongEqualsTheLeastPadding) {
  Job job;
  const GearPlan plan({{4, Milliseconds(10)}, {8, Milliseconds(10)}});
  // Late anyway, so that the long way is taken; both gears take equally long.
  const BatchChoice choice = ChooseBatch(plan, {{&job, 3, kStart}}, 3, kStart, kNone);
  EXPECT_EQ(choice.gear, 0u);
}

// Jobs with as many items as they are given.
Job WithItems(int64_t items) {
  Job job;
  job.spec.items = items;
  job.waiting.push_back({0, items});
  return job;
}

TEST(BatchFormerTest, SmallJobsDoNotRideInAGearThatABulkJobFills) {
  Job one = WithItems(1);
  Job crowd = WithItems(100);
  const std::vector<WaitingItems> waiting = {{&one, 1, kNever}, {&crowd, 15, kNever}};
  const BatchChoice choice = ChooseBatch(Plan148(), waiting, 101, kStart, Milliseconds(7));
  EXPECT_EQ(choice.gear, 0u);
  ASSERT_EQ(choice.take.size(), 1u);
  EXPECT_EQ(choice.take[0].job, &one);
  EXPECT_EQ(choice.price, Milliseconds(6.5));  // 10, less an eighth of 28
  EXPECT_EQ(ChooseBatch(Plan148(), waiting, 101, kStart, Milliseconds(6)).items, 8);
}

TEST(BatchFormerTest, RowsThatAreLeftBesideSmallJobsAreFilled) {
  Job two = WithItems(2);
  Job crowd = WithItems(100);
  const BatchChoice choice = ChooseBatch(Plan148(), {{&two, 2, kNever}, {&crowd, 14, kNever}}, 102,
                                         kStart, absl::Seconds(1));
  EXPECT_EQ(choice.gear, 1u);
  ASSERT_EQ(choice.take.size(), 2u);
  EXPECT_EQ(choice.take[1].items, 2);
}

TEST(BatchFormerTest, SmallJobsRideTogetherWhereThereIsNoBulk) {
  Job one = WithItems(1);
  Job seven = WithItems(7);
  const BatchChoice choice =
      ChooseBatch(Plan148(), {{&one, 1, kNever}, {&seven, 7, kNever}}, 8, kStart, absl::Seconds(1));
  EXPECT_EQ(choice.gear, 2u);
  EXPECT_EQ(choice.price, kNone);
}

TEST(BatchFormerTest, ABulkJobThatWouldBeLateIsNotDelayed) {
  Job one = WithItems(1);
  Job crowd = WithItems(9);
  const absl::Time due = kStart + Plan148().Time(10);  // not after a 1 and then 9
  const BatchChoice choice =
      ChooseBatch(Plan148(), {{&one, 1, kNever}, {&crowd, 9, due}}, 10, kStart, absl::Seconds(1));
  EXPECT_EQ(choice.items, 8);
}

}  // namespace
}  // namespace omserve::scheduling
