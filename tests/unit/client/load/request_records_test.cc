// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/request_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace omserve::client {
namespace {

using std::chrono::microseconds;
using ::testing::HasSubstr;

Ending EndingAt(int sent_us, int ended_us, absl::StatusCode code = absl::StatusCode::kOk) {
  Ending ending;
  ending.code = code;
  ending.scheduled = Ending::Time(microseconds(1));
  ending.sent = Ending::Time(microseconds(sent_us));
  ending.ended = Ending::Time(microseconds(ended_us));
  return ending;
}

void AddStage(int batching_us, int device_us, int host_us, v1::Timing* timing) {
  v1::StageTiming* stage = timing->add_stages();
  stage->mutable_queue()->set_nanos(batching_us * 1000 - 500);
  stage->mutable_batch_form()->set_nanos(500);
  stage->mutable_h2d()->set_nanos(1000);
  stage->mutable_execute()->set_nanos(device_us * 1000 - 3000);
  stage->mutable_d2h()->set_nanos(2000);
  stage->mutable_host()->set_nanos(host_us * 1000);
}

TEST(RequestRecordsTest, AnswersTellWhereTheTimeWent) {
  v1::Timing timing;
  timing.mutable_received()->set_seconds(7);
  timing.mutable_sent()->set_seconds(7);
  timing.mutable_sent()->set_nanos(90'000);
  AddStage(2, 40, 1, &timing);
  AddStage(3, 20, 4, &timing);
  Ending ending = EndingAt(2, 102);
  ending.timing = &timing;
  const std::string csv = RecordsCsv({MakeRecord(5, 0, ending, std::nullopt)}, {"tiny"});
  EXPECT_THAT(csv, HasSubstr("number,class,code,scheduled_us,sent_us,ended_us,server_us,"
                             "batching_us,device_us,host_us\n"));
  EXPECT_THAT(csv, HasSubstr("\n5,tiny,OK,1.000,2.000,102.000,90.000,5.000,60.000,5.000\n"));
}

TEST(RequestRecordsTest, FailuresHaveWhatTheServerSaysOrNothing) {
  const Ending late = EndingAt(2, 50, absl::StatusCode::kDeadlineExceeded);
  const std::string csv = RecordsCsv(
      {MakeRecord(9, 1, late, absl::Microseconds(40)), MakeRecord(3, 0, late, std::nullopt)},
      {"a", "b"});
  EXPECT_THAT(csv, HasSubstr("host_us\n"
                             "3,a,DEADLINE_EXCEEDED,1.000,2.000,50.000,,0.000,0.000,0.000\n"
                             "9,b,DEADLINE_EXCEEDED,1.000,2.000,50.000,40.000,"));
}

TEST(RequestRecordsTest, AFileThatCannotBeWrittenIsNamed) {
  const std::string path =
      (std::filesystem::path(::testing::TempDir()) / "no_such_folder" / "r.csv").string();
  const absl::Status status = WriteRecords(path, {}, {});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
}

}  // namespace
}  // namespace omserve::client
