// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/infer_statistics.h"

#include "gtest/gtest.h"

namespace omserve {
namespace {

TEST(InferStatisticsTest, SumsWhatItIsTold) {
  InferStatistics statistics;
  RequestTimes times;
  times.total = absl::Milliseconds(10);
  times.queue = absl::Milliseconds(1);
  times.infer = absl::Milliseconds(7);
  statistics.AddSuccess(times, absl::FromUnixSeconds(5));
  statistics.AddSuccess(times, absl::FromUnixSeconds(4));
  statistics.AddFailure(absl::Milliseconds(3), absl::FromUnixSeconds(3));
  const InferTotals totals = statistics.totals();
  EXPECT_EQ(totals.success.count, 2u);
  EXPECT_EQ(totals.success.time, absl::Milliseconds(20));
  EXPECT_EQ(totals.queue, absl::Milliseconds(2));
  EXPECT_EQ(totals.infer, absl::Milliseconds(14));
  EXPECT_EQ(totals.fail.count, 1u);
  EXPECT_EQ(totals.last, absl::FromUnixSeconds(5));
  EXPECT_EQ(totals.executions, 0u);
}

TEST(InferStatisticsTest, CountsBatchesBySize) {
  InferStatistics statistics;
  statistics.AddBatch(4, absl::Milliseconds(1), absl::Milliseconds(2), absl::Milliseconds(3));
  statistics.AddBatch(4, absl::Milliseconds(1), absl::Milliseconds(2), absl::Milliseconds(3));
  statistics.AddBatch(1, absl::Milliseconds(1), absl::Milliseconds(2), absl::Milliseconds(3));
  statistics.AddRun();
  const InferTotals totals = statistics.totals();
  EXPECT_EQ(totals.inferences, 10u);
  EXPECT_EQ(totals.executions, 4u);
  ASSERT_EQ(totals.batches.size(), 2u);
  EXPECT_EQ(totals.batches.at(4).infer.count, 2u);
  EXPECT_EQ(totals.batches.at(4).output.time, absl::Milliseconds(6));
}

TEST(StatisticsBookTest, AModelThatComesBackGoesOnCounting) {
  StatisticsBook book;
  book.Of("m").AddStage("s").AddRun();
  EXPECT_EQ(book.Of("m").AddStage("s").totals().executions, 1u);
  EXPECT_EQ(book.Of("m").stage("s"), &book.Of("m").AddStage("s"));
  EXPECT_EQ(book.Of("m").stage("t"), nullptr);
  EXPECT_EQ(book.Of("n").whole().totals().executions, 0u);
}

}  // namespace
}  // namespace omserve
