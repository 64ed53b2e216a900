// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/request_record.h"

#include "gtest/gtest.h"

namespace omserve {
namespace {

TEST(ReasonOfTest, CoversEveryKindOfFailure) {
  const auto reason = [](const absl::Status& status, bool device = false, bool draining = false) {
    return FailureReasonName(ReasonOf(status, device, draining));
  };
  EXPECT_EQ(reason(absl::InvalidArgumentError("")), "invalid_input");
  EXPECT_EQ(reason(absl::NotFoundError("")), "model_unavailable");
  EXPECT_EQ(reason(absl::ResourceExhaustedError("")), "queue_full");
  EXPECT_EQ(reason(absl::DeadlineExceededError("")), "deadline_queue");
  EXPECT_EQ(reason(absl::DeadlineExceededError(""), true), "deadline_exec");
  EXPECT_EQ(reason(absl::CancelledError("")), "cancelled");
  EXPECT_EQ(reason(absl::UnavailableError("")), "device_error");
  EXPECT_EQ(reason(absl::UnavailableError(""), false, true), "model_unavailable");
  EXPECT_EQ(reason(absl::AbortedError("")), "superseded");
  EXPECT_EQ(reason(absl::InternalError("")), "internal");
}

TEST(RecordRequestTest, CountsCodeReasonAndPhases) {
  ServerMetrics metrics({});
  const RequestMetrics method = metrics.AddMethod("m", "Detect");
  RecordRequest(method, absl::InvalidArgumentError("x"), absl::Milliseconds(1), {},
                absl::UnixEpoch(), false);
  EXPECT_EQ(method.requests[3]->Value(), 1);
  EXPECT_EQ(method.failures[0]->Value(), 1);
  EXPECT_EQ(method.phases[0]->Collect().histogram.sample_count, 0u);

  StageTiming decode;
  decode.stage = "decode";
  decode.host = absl::Milliseconds(2);
  StageTiming stage;
  stage.stage = "rpn";
  stage.device = 0;
  stage.execute = absl::Milliseconds(4);
  RecordRequest(method, absl::OkStatus(), absl::Milliseconds(9), {decode, stage, stage},
                absl::UnixEpoch(), false);
  EXPECT_EQ(method.requests[0]->Value(), 1);
  const auto sum = [&](Phase phase) {
    return method.phases[static_cast<size_t>(phase)]->Collect().histogram.sample_sum;
  };
  EXPECT_NEAR(sum(Phase::kDecode), 0.002, 1e-9);
  EXPECT_NEAR(sum(Phase::kExecute), 0.008, 1e-9);
  EXPECT_EQ(sum(Phase::kPostprocess), 0);
}

TEST(RecordRequestTest, CountsStatisticsAlsoWhereMetricsAreOff) {
  ServerMetrics metrics({}, /*count_requests=*/false);
  PipelineStatistics statistics;
  statistics.AddStage("rpn");
  RequestMetrics method = metrics.AddMethod("m", "Detect");
  method.statistics = &statistics.whole();
  method.stage_statistics = &statistics;
  StageTiming decode, stage, boxes;
  decode.stage = "decode";
  decode.host = absl::Milliseconds(2);
  stage.stage = "rpn";
  stage.device = 0;
  stage.execute = absl::Milliseconds(4);
  boxes.stage = "boxes";
  boxes.host = absl::Milliseconds(1);
  RecordRequest(method, absl::OkStatus(), absl::Milliseconds(9), {decode, stage, boxes},
                absl::UnixEpoch(), false);
  RecordRequest(method, absl::InternalError("x"), absl::Milliseconds(1), {stage}, absl::UnixEpoch(),
                false);
  const InferTotals whole = statistics.whole().totals();
  EXPECT_EQ(whole.success.time, absl::Milliseconds(9));
  EXPECT_EQ(whole.input, absl::Milliseconds(2));
  EXPECT_EQ(whole.infer, absl::Milliseconds(4));
  EXPECT_EQ(whole.output, absl::Milliseconds(1));
  EXPECT_EQ(whole.executions, 1u);
  EXPECT_EQ(whole.fail.count, 1u);
  EXPECT_EQ(statistics.stage("rpn")->totals().success.count, 1u) << "of the answered request";
}

TEST(RecordRequestTest, CountsNothingWhereMetricsAreOff) {
  ServerMetrics metrics({}, /*count_requests=*/false);
  const RequestMetrics method = metrics.AddMethod("m", "Detect");
  RecordRequest(method, absl::OkStatus(), absl::Milliseconds(9), {}, absl::UnixEpoch(), false);
  RecordRequest(method, absl::InvalidArgumentError("x"), absl::Milliseconds(1), {},
                absl::UnixEpoch(), false);
  EXPECT_EQ(method.requests[0]->Value(), 0);
  EXPECT_EQ(method.failures[0]->Value(), 0);
  EXPECT_EQ(method.duration->Collect().histogram.sample_count, 0u);
}

}  // namespace
}  // namespace omserve
