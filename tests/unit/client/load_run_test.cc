// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load_run.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/client/fake_vision.h"

namespace omserve::client {
namespace {

LoadCommand Command(const FakeVision& fake) {
  LoadCommand command;
  command.server = fake.address();
  command.in_flight = 4;
  command.requests = 30;
  return command;
}

TEST(LoadRunTest, SendsTheRequestsAndDoesNotCountTheWarmUp) {
  FakeVision fake;
  LoadCommand command = Command(fake);
  command.warmup = 5;
  const auto summary = RunLoad(command, {"a", "b"});
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->ok, 30);
  EXPECT_EQ(fake.calls(), 35);
  EXPECT_LE(fake.most_at_a_time(), 4);
  EXPECT_GT(summary->requests_per_s, 0);
  EXPECT_LE(summary->p50_ms, summary->max_ms);
}

TEST(LoadRunTest, KeepsTheNumberInFlight) {
  FakeVision fake(/*holding=*/true);
  const LoadCommand command = Command(fake);
  std::thread opener([&fake] {
    EXPECT_TRUE(fake.WaitForCalls(4));
    fake.Release();
  });
  const auto summary = RunLoad(command, {"a"});
  opener.join();
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(fake.most_at_a_time(), 4);
}

TEST(LoadRunTest, CountsErrorsByCode) {
  FakeVision fake;
  const auto summary = RunLoad(Command(fake), {"a", "fail:8", "fail:3"});
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->ok, 10);
  EXPECT_EQ(summary->errors.at("RESOURCE_EXHAUSTED"), 10);
  EXPECT_EQ(summary->errors.at("INVALID_ARGUMENT"), 10);
}

TEST(LoadRunTest, EndsWhenTimeIsOver) {
  FakeVision fake;
  LoadCommand command = Command(fake);
  command.method = LoadCommand::Method::kEmbed;
  command.requests = 0;
  command.time = absl::Milliseconds(30);
  const auto summary = RunLoad(command, {"a"});
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_GT(summary->ok, 0);
}

TEST(LoadRunTest, RefusesRunsWithoutPicturesEndOrServer) {
  FakeVision fake;
  EXPECT_EQ(RunLoad(Command(fake), {}).status().code(), absl::StatusCode::kInvalidArgument);
  LoadCommand endless = Command(fake);
  endless.requests = 0;
  EXPECT_EQ(RunLoad(endless, {"a"}).status().code(), absl::StatusCode::kInvalidArgument);
  LoadCommand lost = Command(fake);
  lost.server = "127.0.0.1:1";
  EXPECT_EQ(RunLoad(lost, {"a"}).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace omserve::client
