// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 8 to 12, 14 and 15: asynchronous work and ordering. Queues are held back by a StreamGate.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "session.h"
#include "stream_gate.h"

namespace conformance {
namespace {

// A loaded model with its buffers.
class Queued : public Session {
 protected:
  void SetUp() override {
    Session::SetUp();
    id_ = Load("linear");
    x_ = Device(16);
    y_ = Device(16);
    ToDevice(x_, std::vector<float>{1, 2, 3, 4});
    input_ = std::make_unique<Dataset>(std::vector<std::pair<void*, size_t>>{{x_, 16}});
    output_ = std::make_unique<Dataset>(std::vector<std::pair<void*, size_t>>{{y_, 16}});
  }
  void TearDown() override {
    input_.reset();
    output_.reset();
    Session::TearDown();
  }
  aclError Enqueue(aclrtStream stream) {
    return aclmdlExecuteAsync(id_, input_->get(), output_->get(), stream);
  }
  const std::vector<float> answer_ = {3, 5, 7, 9};
  uint32_t id_ = 0;
  void* x_ = nullptr;
  void* y_ = nullptr;
  std::unique_ptr<Dataset> input_;
  std::unique_ptr<Dataset> output_;
};

using Trap08 = Queued;
using Trap09 = Queued;
using Trap10 = Session;
using Trap11 = Queued;
using Trap12 = Session;
using Trap14 = Queued;
using Trap15 = Queued;

TEST_F(Trap08, QueuedWorkRunsLaterAndInItsOwnTime) {
  aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(Enqueue(stream_), ACL_SUCCESS) << Message();
    EXPECT_EQ(aclrtStreamQuery(stream_, &status), ACL_SUCCESS);
    EXPECT_EQ(status, ACL_STREAM_STATUS_NOT_READY);
    gate.Open();
    ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
    EXPECT_EQ(ToHost(y_, 4), answer_);
  }
  EXPECT_EQ(aclrtStreamQuery(stream_, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_STREAM_STATUS_COMPLETE);
}

// Two streams, ordered by events, hand a buffer to and fro; any delay between must not matter.
TEST_F(Trap08, RandomDelaysDoNotChangeTheResultsOfACorrectProgram) {
  for (const char* seed : {"1", "2", "3", "4"}) {
    if (IsHostacl()) {
      output_.reset();
      input_.reset();
      Restart({{"HOSTACL_SHUFFLE", seed}});
    }
    aclrtStream second = nullptr;
    ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
    void* device = Device(64);
    auto* out = static_cast<unsigned char*>(Pinned(size_t{64} * 16));
    for (int round = 0; round < 16; ++round) {
      aclrtEvent written = nullptr;
      aclrtEvent read = nullptr;
      ASSERT_EQ(aclrtCreateEventWithFlag(&written, ACL_EVENT_SYNC), ACL_SUCCESS);
      ASSERT_EQ(aclrtCreateEventWithFlag(&read, ACL_EVENT_SYNC), ACL_SUCCESS);
      ASSERT_EQ(aclrtMemsetAsync(device, 64, round, 64, stream_), ACL_SUCCESS);
      ASSERT_EQ(aclrtRecordEvent(written, stream_), ACL_SUCCESS);
      ASSERT_EQ(aclrtStreamWaitEvent(second, written), ACL_SUCCESS);
      ASSERT_EQ(
          aclrtMemcpyAsync(out + 64 * round, 64, device, 64, ACL_MEMCPY_DEVICE_TO_HOST, second),
          ACL_SUCCESS);
      ASSERT_EQ(aclrtRecordEvent(read, second), ACL_SUCCESS);
      ASSERT_EQ(aclrtStreamWaitEvent(stream_, read), ACL_SUCCESS);
    }
    ASSERT_EQ(aclrtSynchronizeDeviceWithTimeout(30000), ACL_SUCCESS) << Message();
    for (int round = 0; round < 16; ++round) {
      EXPECT_EQ(out[64 * round], round) << "seed " << seed;
      EXPECT_EQ(out[64 * round + 63], round) << "seed " << seed;
    }
  }
}

TEST_F(Trap09, ReadingAnOutputBeforeSynchronisingDoesNotGiveTheAnswer) {
  StreamGate gate(context_, stream_);
  ASSERT_EQ(Enqueue(stream_), ACL_SUCCESS) << Message();
  const std::vector<unsigned char> early = ToHost<unsigned char>(y_, 16);
  std::vector<unsigned char> right(16);
  std::memcpy(right.data(), answer_.data(), 16);
  EXPECT_NE(early, right);
  if (IsHostacl()) {
    EXPECT_EQ(early, std::vector<unsigned char>(16, kPoison));
  }
  gate.Open();
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y_, 4), answer_);
}

TEST_F(Trap10, PinnedMemoryIsReadWhenTheCopyRuns) {
  auto* host = static_cast<unsigned char*>(Pinned(64));
  void* device = Device(64);
  std::memset(host, 1, 64);
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(aclrtMemcpyAsync(device, 64, host, 64, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
              ACL_SUCCESS);
    std::memset(host, 2, 64);
  }
  EXPECT_EQ(ToHost<unsigned char>(device, 64), std::vector<unsigned char>(64, 2));
}

TEST_F(Trap10, PageableMemoryIsReadBeforeTheCallReturnsOrRefused) {
  std::vector<unsigned char> host(64, 1);
  void* device = Device(64);
  ToDevice(device, std::vector<unsigned char>(64, 9));
  const aclError error =
      aclrtMemcpyAsync(device, 64, host.data(), 64, ACL_MEMCPY_HOST_TO_DEVICE, stream_);
  host.assign(64, 2);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  if (error == ACL_SUCCESS) {
    EXPECT_EQ(ToHost<unsigned char>(device, 64), std::vector<unsigned char>(64, 1));
  } else {  // older releases, and hostacl, demand page-locked memory
    EXPECT_EQ(error, ACL_ERROR_RT_PARAM_INVALID);
    EXPECT_EQ(ToHost<unsigned char>(device, 64), std::vector<unsigned char>(64, 9));
  }
}

TEST_F(Trap11, StreamsAreOrderedByEventsOnly) {
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  void* device = Device(64);
  auto* out = static_cast<unsigned char*>(Pinned(64));
  ToDevice(device, std::vector<unsigned char>(64, 1));
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEventWithFlag(&event, ACL_EVENT_SYNC), ACL_SUCCESS);
  const auto read_by_second = [&] {
    ASSERT_EQ(aclrtMemcpyAsync(out, 64, device, 64, ACL_MEMCPY_DEVICE_TO_HOST, second),
              ACL_SUCCESS);
  };
  StreamGate gate(context_, stream_);
  ASSERT_EQ(aclrtMemsetAsync(device, 64, 5, 64, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
  // Without an event the second stream passes the first.
  read_by_second();
  ASSERT_EQ(aclrtSynchronizeStreamWithTimeout(second, 30000), ACL_SUCCESS);
  EXPECT_EQ(out[0], 1);
  // With it, it waits.
  ASSERT_EQ(aclrtStreamWaitEvent(second, event), ACL_SUCCESS);
  read_by_second();
  aclrtStreamStatus status = ACL_STREAM_STATUS_COMPLETE;
  EXPECT_EQ(aclrtStreamQuery(second, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_STREAM_STATUS_NOT_READY);
  gate.Open();
  ASSERT_EQ(aclrtSynchronizeStreamWithTimeout(second, 30000), ACL_SUCCESS);
  EXPECT_EQ(out[0], 5);
}

// Without an event either stream may be the first; the delays show both.
TEST_F(Trap11, RandomDelaysShowThatStreamsHaveNoOrder) {
  NEEDS_HOSTACL("HOSTACL_SHUFFLE");
  const auto be_first = [](void* winner) {
    int nobody = 0;
    static_cast<std::atomic<int>*>(winner)->compare_exchange_strong(nobody, 1);
  };
  const auto be_second = [](void* winner) {
    int nobody = 0;
    static_cast<std::atomic<int>*>(winner)->compare_exchange_strong(nobody, 2);
  };
  bool won[3] = {};
  for (int seed = 1; seed <= 64 && !(won[1] && won[2]); ++seed) {
    output_.reset();
    input_.reset();
    setenv("HOSTACL_SHUFFLE", std::to_string(seed).c_str(), 1);
    Restart({});
    aclrtStream second = nullptr;
    ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
    std::atomic<int> winner{0};
    ASSERT_EQ(aclrtLaunchHostFunc(stream_, be_first, &winner), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtLaunchHostFunc(second, be_second, &winner), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtSynchronizeDeviceWithTimeout(30000), ACL_SUCCESS) << Message();
    won[winner.load()] = true;
  }
  unsetenv("HOSTACL_SHUFFLE");
  EXPECT_TRUE(won[1]);
  EXPECT_TRUE(won[2]);
}

TEST_F(Trap11, EventFlagsAreEnforced) {
  aclrtEvent timed = nullptr;
  aclrtEvent sync = nullptr;
  ASSERT_EQ(aclrtCreateEventWithFlag(&timed, ACL_EVENT_TIME_LINE), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateEventWithFlag(&sync, ACL_EVENT_SYNC), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(timed, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(sync, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtStreamWaitEvent(stream_, sync), ACL_SUCCESS);
  EXPECT_REFUSED(aclrtStreamWaitEvent(stream_, timed), ACL_ERROR_RT_PARAM_INVALID);
  float ms = 0;
  EXPECT_REFUSED(aclrtEventElapsedTime(&ms, sync, sync), ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID);
  aclrtEvent plain = nullptr;  // an event of aclrtCreateEvent cannot be reset
  ASSERT_EQ(aclrtCreateEvent(&plain), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(plain, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_REFUSED(aclrtResetEvent(plain, stream_), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(Trap12, TheTwoEventQueriesUseOppositeNumbers) {
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  aclrtEventStatus old_status = ACL_EVENT_STATUS_RESERVED;
  aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_COMPLETE;
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
    EXPECT_EQ(aclrtQueryEvent(event, &old_status), ACL_SUCCESS);
    EXPECT_EQ(static_cast<int>(old_status), 1);
    EXPECT_EQ(aclrtQueryEventStatus(event, &status), ACL_SUCCESS);
    EXPECT_EQ(static_cast<int>(status), 0);
    gate.Open();
    ASSERT_EQ(aclrtSynchronizeEvent(event), ACL_SUCCESS);
  }
  EXPECT_EQ(aclrtQueryEvent(event, &old_status), ACL_SUCCESS);
  EXPECT_EQ(static_cast<int>(old_status), 0);
  EXPECT_EQ(aclrtQueryEventStatus(event, &status), ACL_SUCCESS);
  EXPECT_EQ(static_cast<int>(status), 1);
  aclrtEventWaitStatus wait_status = ACL_EVENT_WAIT_STATUS_RESERVED;
  EXPECT_EQ(aclrtQueryEventWaitStatus(event, &wait_status), ACL_SUCCESS);
  EXPECT_EQ(static_cast<int>(wait_status), 0);
}

TEST_F(Trap14, AWaitThatTimesOutLeavesTheTaskRunningAndItsBuffersBusy) {
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(Enqueue(stream_), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
    const auto timed_out = {ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, ACL_ERROR_RT_WAIT_TIMEOUT,
                            ACL_ERROR_RT_EVENT_SYNC_TIMEOUT};
    EXPECT_TRUE(IsOneOf(aclrtSynchronizeStreamWithTimeout(stream_, 1), timed_out));
    EXPECT_TRUE(IsOneOf(aclrtSynchronizeEventWithTimeout(event, 1), timed_out));
    if (IsHostacl()) {
      EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 1), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
      EXPECT_EQ(aclrtSynchronizeEventWithTimeout(event, 1), ACL_ERROR_RT_EVENT_SYNC_TIMEOUT);
      EXPECT_EQ(aclrtFree(y_), ACL_ERROR_RT_PARAM_INVALID);
      EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 0), ACL_ERROR_RT_PARAM_INVALID);
    }
  }
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 30000), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeEventWithTimeout(event, 30000), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y_, 4), answer_);
}

TEST_F(Trap15, AbortedStreamsReleaseTheirWaiters) {
  StreamGate gate(context_, stream_);
  ASSERT_EQ(Enqueue(stream_), ACL_SUCCESS) << Message();
  std::promise<void> waiting;
  std::promise<aclError> waited;
  std::thread waiter([&] {
    EXPECT_EQ(aclrtSetCurrentContext(context_), ACL_SUCCESS);
    waiting.set_value();
    waited.set_value(aclrtSynchronizeStreamWithTimeout(stream_, 30000));
  });
  waiting.get_future().wait();
  EXPECT_EQ(aclrtStreamAbort(stream_), ACL_SUCCESS) << Message();
  gate.Open();
  auto result = waited.get_future();
  ASSERT_EQ(result.wait_for(kPatience), std::future_status::ready);
  const aclError code = result.get();
  // The waiter may have come after the abort; then nothing is left to wait for.
  EXPECT_TRUE(code == ACL_ERROR_RT_STREAM_ABORT || code == ACL_SUCCESS) << code;
  waiter.join();
}

}  // namespace
}  // namespace conformance
