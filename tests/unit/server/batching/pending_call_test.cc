// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What becomes of the rows of a call whose device fails under it.
#include "server/batching/pending_call.h"

#include <pthread.h>

#include <string>
#include <utility>

#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

TEST_F(BatchingTest, RowsOfASpreadCallSurviveTheLossOfADevice) {
  // A 12345 kills device 0, wherever it is in a batch; what the device had computed counts.
  Plan(R"({"task": "execute", "device": 0, "input_bytes": "00e44046", "error": 507015})");
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  TestCall call;
  call.Submit(*runner_, Call(200, 12345 - 100));  // item 100 is the one
  EXPECT_EQ(call.Values(), Doubled(200, 12345 - 100));
}

TEST_F(BatchingTest, WhatIsKeptFollowsToTheDeviceThatRunsItAgain) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  AclPlanFail(507015, 1);
  TestCall first, second;
  StageCall call = Call(20, 1);
  call.keep = {0};
  const StagePromise promise = first.Submit(*runner_, std::move(call));
  second.SubmitFor(first.context, *runner_, AddCall(20, promise));
  EXPECT_EQ(first.Values(), Doubled(20, 1));
  EXPECT_EQ(second.Values(), Doubled(20, 1, 5));
  EXPECT_EQ(devices_->healthy(), 1);
}

// The name of the thread that a lone call ends on.
std::string EndingThread(ModelRunner& runner, StageCall call) {
  RequestContext context(Clock::Real(), absl::InfiniteFuture());
  Signal done;
  std::string name;
  runner.Submit(std::move(call), context, [&](absl::StatusOr<StageResult> result) {
    EXPECT_TRUE(result.ok()) << result.status();
    char text[32] = {};
    pthread_getname_np(pthread_self(), text, sizeof text);
    name = text;
    done.Notify();
  });
  EXPECT_TRUE(done.Wait());
  return name;
}

TEST_F(BatchingTest, OnlyALightCallEndsOnTheThreadOfItsDevice) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  StageCall light = Call(1, 1);
  light.light = true;
  EXPECT_EQ(EndingThread(*runner_, std::move(light)).substr(0, 8), "complete");
  EXPECT_NE(EndingThread(*runner_, Call(1, 1)).substr(0, 8), "complete");
}

}  // namespace
}  // namespace omserve
