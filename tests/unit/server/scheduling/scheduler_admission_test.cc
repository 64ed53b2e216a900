// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Who gets in, before anything was done for him.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/scheduling/scheduler_fixture.h"

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;

class SchedulerAdmissionTest : public SchedulerTest {
 protected:
  Admission Admit(absl::Duration budget, std::vector<double> items = {1},
                  Priority priority = Priority::kInteractive, PipelineId pipeline = 0) {
    RequestSpec spec;
    spec.request = ++last_request_;
    spec.pipeline = pipeline;
    spec.items = std::move(items);
    spec.budget_end = now_ + budget;
    spec.priority = priority;
    spec.bytes = 1000;
    return scheduler_->Admit(spec, now_);
  }
};

TEST_F(SchedulerAdmissionTest, LetsInWhatCanEndInTimeOnly) {
  Make(1, {{"p", 1, {Stage({1})}}});
  int admitted = 0;
  while (Admit(Milliseconds(110)).status.ok()) ASSERT_LT(++admitted, 100);
  EXPECT_GE(admitted, 8);
  EXPECT_LE(admitted, 10);
  const Admission refused = Admit(Milliseconds(110));
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GT(refused.finish, now_ + Milliseconds(110));
  EXPECT_EQ(refused.retry_after, refused.finish - (now_ + Milliseconds(110)));
  EXPECT_TRUE(Admit(Milliseconds(500)).status.ok());
  EXPECT_TRUE(Admit(absl::InfiniteDuration()).status.ok());
}

TEST_F(SchedulerAdmissionTest, WhatEndsMakesRoom) {
  Make(1, {{"p", 1, {Stage({1})}}});
  while (Admit(Milliseconds(60)).status.ok()) {
  }
  const RequestId refused = last_request_;
  ASSERT_GT(refused, 2);
  EXPECT_FALSE(scheduler_->EndRequest(1, true)) << "it had no job";
  EXPECT_FALSE(scheduler_->EndRequest(refused, true)) << "it never got in";
  EXPECT_TRUE(Admit(Milliseconds(60)).status.ok());
  EXPECT_FALSE(Admit(Milliseconds(60)).status.ok());
}

TEST_F(SchedulerAdmissionTest, LaterStagesAndItemsCount) {
  Make(1, {{"p", 1, {Stage({1}), Stage({1, 32})}}});
  ASSERT_TRUE(Admit(absl::InfiniteDuration(), {1, 320}).status.ok());  // 11 + 10 * 42
  EXPECT_FALSE(Admit(Milliseconds(300), {1, 1}).status.ok());
  EXPECT_TRUE(Admit(Milliseconds(600), {1, 1}).status.ok());
}

TEST_F(SchedulerAdmissionTest, LearnsHowManyItemsRequestsHave) {
  Make(1, {{"p", 1, {Stage({1}), Stage({1, 32})}}});
  const absl::Time before = scheduler_->PredictFinish(0, {}, Priority::kInteractive, now_);
  for (int i = 0; i < 100; ++i) {
    Submit(Spec(320, 1));
    Drain();
  }
  now_ = absl::UnixEpoch() + absl::Hours(1);
  const absl::Time after = scheduler_->PredictFinish(0, {}, Priority::kInteractive, now_);
  EXPECT_GT(after - now_, before - absl::UnixEpoch() + Milliseconds(300));
}

TEST_F(SchedulerAdmissionTest, MoreDevicesAreSooner) {
  for (const int devices : {1, 4}) {
    Make(devices, {{"p", 1, {Stage({1})}}});
    int admitted = 0;
    while (Admit(Milliseconds(110)).status.ok()) ++admitted;
    EXPECT_NEAR(admitted, 9 * devices, devices);
  }
}

TEST_F(SchedulerAdmissionTest, AnIdleServerTriesWhatItCannotPredictToEnd) {
  Make(1, {{"p", 1, {Stage({1})}}});
  EXPECT_TRUE(Admit(Milliseconds(2)).status.ok()) << "predictions must not keep themselves alive";
  EXPECT_FALSE(Admit(Milliseconds(2)).status.ok());
  EXPECT_EQ(Admit(Milliseconds(0)).status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SchedulerAdmissionTest, TheLowPriorityDoesNotHoldUpTheHigh) {
  Make(1, {{"p", 1, {Stage({1})}}});
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Admit(absl::InfiniteDuration(), {1}, Priority::kBatch).status.ok());
  }
  EXPECT_TRUE(Admit(Milliseconds(50)).status.ok());
  EXPECT_FALSE(Admit(Milliseconds(50), {1}, Priority::kBatch).status.ok());
}

TEST_F(SchedulerAdmissionTest, OtherPipelinesCountByTheirWeight) {
  Make(1, {{"p", 1, {Stage({1})}}, {"q", 1, {Stage({1})}}});
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(Admit(absl::InfiniteDuration(), {1}, Priority::kInteractive, 1).status.ok());
  }
  EXPECT_TRUE(Admit(Milliseconds(50)).status.ok()) << "half of the device is p's";
  EXPECT_FALSE(Admit(Milliseconds(15)).status.ok());
}

TEST_F(SchedulerAdmissionTest, BytesRequestsAndItemsAreBounded) {
  SchedulerOptions options;
  options.max_bytes = 2500;
  Make(1, {{"p", 1, {Stage({1})}}}, options);
  EXPECT_TRUE(Admit(absl::InfiniteDuration()).status.ok());
  EXPECT_TRUE(Admit(absl::InfiniteDuration()).status.ok());
  const Admission bytes = Admit(absl::InfiniteDuration());
  EXPECT_EQ(bytes.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GT(bytes.retry_after, absl::ZeroDuration());
  EXPECT_LT(bytes.retry_after, absl::Minutes(1));
  scheduler_->EndRequest(1, true);
  EXPECT_TRUE(Admit(absl::InfiniteDuration()).status.ok());

  options = {};
  options.max_requests = 1;
  Make(1, {{"p", 1, {Stage({1})}}}, options);
  EXPECT_TRUE(Admit(absl::InfiniteDuration()).status.ok());
  EXPECT_FALSE(Admit(absl::InfiniteDuration()).status.ok());

  StageSpec stage = Stage({1});
  stage.max_queue_items = 10;
  Make(1, {{"p", 1, {stage}}});
  EXPECT_TRUE(Admit(absl::InfiniteDuration(), {8}).status.ok());
  EXPECT_FALSE(Admit(absl::InfiniteDuration(), {8}).status.ok()) << "its queue would refuse it";
}

TEST_F(SchedulerAdmissionTest, RefusesWhatIsNotServed) {
  Make(1, {{"p", 1, {Stage({1})}}});
  EXPECT_EQ(Admit(Milliseconds(50), {1}, Priority::kInteractive, 1).status.code(),
            absl::StatusCode::kNotFound);
  scheduler_->ClosePipeline(0);
  EXPECT_EQ(Admit(Milliseconds(50)).status.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace omserve::scheduling
