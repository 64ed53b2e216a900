// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>

#include <atomic>
#include <future>
#include <thread>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

constexpr int32_t kPatienceMs = 20000;

class CallbackTest : public AclTest {
 protected:
  static uint64_t Self() { return static_cast<uint64_t>(pthread_self()); }
  void SubscribeSelf() { ASSERT_EQ(aclrtSubscribeReport(Self(), stream_), ACL_SUCCESS); }
  bool Idle() {
    aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
    EXPECT_EQ(aclrtStreamQuery(stream_, &status), ACL_SUCCESS);
    return status == ACL_STREAM_STATUS_COMPLETE;
  }
};

struct Mark {
  uint64_t thread = 0;
  int calls = 0;
};

void Count(void* data) {
  auto* mark = static_cast<Mark*>(data);
  mark->thread = static_cast<uint64_t>(pthread_self());
  ++mark->calls;
}

TEST_F(CallbackTest, RunsOnlyInsideProcessReportOfItsThread) {
  SubscribeSelf();
  Mark mark;
  ASSERT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_NO_BLOCK, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, kPatienceMs), ACL_SUCCESS);
  EXPECT_EQ(mark.calls, 0);
  EXPECT_EQ(aclrtProcessReport(kPatienceMs), ACL_SUCCESS);
  EXPECT_EQ(mark.calls, 1);
  EXPECT_EQ(mark.thread, Self());
  EXPECT_EQ(aclrtProcessReport(1), ACL_ERROR_RT_REPORT_TIMEOUT);
  EXPECT_EQ(aclrtUnSubscribeReport(Self(), stream_), ACL_SUCCESS);
}

TEST_F(CallbackTest, BlockHoldsTheStreamUntilTheCallbackHasRun) {
  SubscribeSelf();
  void* device = Device(64);
  ASSERT_EQ(aclrtMemset(device, 64, 1, 64), ACL_SUCCESS);
  Mark mark;
  ASSERT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_BLOCK, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemsetAsync(device, 64, 2, 64, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
  EXPECT_FALSE(Idle());
  ASSERT_EQ(aclrtProcessReport(kPatienceMs), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, kPatienceMs), ACL_SUCCESS);
  EXPECT_EQ(mark.calls, 1);
}

TEST_F(CallbackTest, AThreadOfItsOwnServesTwoStreams) {
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  std::promise<uint64_t> id;
  std::promise<void> subscribed;
  Mark mark;
  std::thread server([&] {
    id.set_value(Self());
    subscribed.get_future().wait();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(aclrtProcessReport(kPatienceMs), ACL_SUCCESS);
  });
  const uint64_t thread = id.get_future().get();
  ASSERT_EQ(aclrtSubscribeReport(thread, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSubscribeReport(thread, second), ACL_SUCCESS);
  subscribed.set_value();
  ASSERT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_BLOCK, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_BLOCK, second), ACL_SUCCESS);
  server.join();
  EXPECT_EQ(mark.calls, 2);
  EXPECT_EQ(mark.thread, thread);
  EXPECT_EQ(aclrtUnSubscribeReport(thread, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtUnSubscribeReport(thread, second), ACL_SUCCESS);
}

TEST_F(CallbackTest, WrongOrdersAndValuesHaveTheirCodes) {
  Mark mark;
  EXPECT_EQ(aclrtProcessReport(1), ACL_ERROR_RT_THREAD_SUBSCRIBE);
  EXPECT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_BLOCK, stream_),
            ACL_ERROR_RT_STREAM_NO_CB_REG);
  EXPECT_EQ(aclrtUnSubscribeReport(Self(), stream_), ACL_ERROR_RT_STREAM_SUBSCRIBE);
  SubscribeSelf();
  EXPECT_EQ(aclrtSubscribeReport(Self(), stream_), ACL_ERROR_RT_STREAM_SUBSCRIBE);
  EXPECT_EQ(aclrtUnSubscribeReport(Self() + 1, stream_), ACL_ERROR_RT_THREAD_SUBSCRIBE);
  EXPECT_EQ(aclrtProcessReport(0), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtProcessReport(-2), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtLaunchCallback(nullptr, &mark, ACL_CALLBACK_BLOCK, stream_),
            ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtLaunchCallback(Count, &mark, static_cast<aclrtCallbackBlockType>(2), stream_),
            ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtLaunchHostFunc(stream_, Count, &mark), ACL_ERROR_RT_STREAM_SUBSCRIBE);
  EXPECT_EQ(aclrtUnSubscribeReport(Self(), stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtProcessReport(1), ACL_ERROR_RT_THREAD_SUBSCRIBE);
  EXPECT_EQ(mark.calls, 0);
}

TEST_F(CallbackTest, OneThreadDoesNotServeTwoDevices) {
  SubscribeSelf();
  ASSERT_EQ(aclrtSetDevice(1), ACL_SUCCESS);
  aclrtStream other = nullptr;
  ASSERT_EQ(aclrtCreateStream(&other), ACL_SUCCESS);
  EXPECT_EQ(aclrtSubscribeReport(Self(), other), ACL_ERROR_RT_THREAD_SUBSCRIBE);
}

TEST_F(CallbackTest, AtMost1024ThreadsAreSubscribed) {
  // Ids need not be live threads to be counted; each takes a stream.
  std::vector<aclrtStream> streams;
  for (uint64_t thread = 1; thread <= 1024; ++thread) {
    streams.emplace_back();
    ASSERT_EQ(aclrtCreateStream(&streams.back()), ACL_SUCCESS);
    ASSERT_EQ(aclrtSubscribeReport(thread, streams.back()), ACL_SUCCESS) << thread;
  }
  EXPECT_EQ(aclrtSubscribeReport(1025, stream_), ACL_ERROR_RT_THREAD_SUBSCRIBE);
  EXPECT_EQ(aclrtSubscribeReport(1, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtUnSubscribeReport(7, streams[6]), ACL_SUCCESS);
  EXPECT_EQ(aclrtUnSubscribeReport(1, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSubscribeReport(1025, stream_), ACL_SUCCESS);
}

TEST_F(CallbackTest, HostFuncRunsOnAThreadOfItsOwnAndHoldsTheStream) {
  Mark mark;
  ASSERT_EQ(aclrtLaunchHostFunc(stream_, Count, &mark), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, kPatienceMs), ACL_SUCCESS);
  EXPECT_EQ(mark.calls, 1);
  EXPECT_NE(mark.thread, Self());
  EXPECT_EQ(aclrtLaunchHostFunc(stream_, nullptr, &mark), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(CallbackTest, WorkInsideACallbackEndsTheProcess) {
  const auto die = [](aclrtCallback function) {
    ASSERT_EQ(aclrtSubscribeReport(Self(), nullptr), ACL_SUCCESS);
    ASSERT_EQ(aclrtLaunchCallback(function, nullptr, ACL_CALLBACK_NO_BLOCK, nullptr), ACL_SUCCESS);
    ASSERT_EQ(aclrtProcessReport(kPatienceMs), ACL_SUCCESS);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(die([](void*) { aclrtSynchronizeDevice(); }), "aclrtSynchronizeDevice was called");
  EXPECT_DEATH(die([](void*) {
                 void* address = nullptr;
                 aclrtMalloc(&address, 8, ACL_MEM_MALLOC_HUGE_FIRST);
               }),
               "aclrtMalloc was called inside a callback");
  EXPECT_DEATH(die([](void*) { aclrtFree(nullptr); }), "aclrtFree was called");
  EXPECT_DEATH(die([](void*) { aclmdlExecuteAsync(0, nullptr, nullptr, nullptr); }),
               "aclmdlExecuteAsync was called");
}

TEST_F(CallbackTest, ACallbackMayAskAndCopy) {
  SubscribeSelf();
  void* device = Device(4);
  ASSERT_EQ(aclrtLaunchCallback(
                [](void* data) {
                  char byte = 0;
                  EXPECT_EQ(aclrtMemcpy(&byte, 1, data, 1, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
                  int32_t id = -1;
                  EXPECT_EQ(aclrtGetDevice(&id), ACL_SUCCESS);
                },
                device, ACL_CALLBACK_BLOCK, stream_),
            ACL_SUCCESS);
  EXPECT_EQ(aclrtProcessReport(kPatienceMs), ACL_SUCCESS);
}

TEST_F(CallbackTest, GettersOfNoExceptionGiveTheReservedNumber) {
  EXPECT_EQ(aclrtGetTaskIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetStreamIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetThreadIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetDeviceIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetErrorCodeFromExceptionInfo(nullptr), 0xFFFFFFFFu);
}

std::atomic<int> exceptions{0};
std::atomic<uint32_t> exception_code{0};
std::atomic<uint32_t> exception_thread{0};

// A task that fails on the device: its gear buffer no longer holds the gear that was set.
void FailOneTask(uint32_t model, aclrtStream stream, void* x, void* y, void* gear) {
  aclmdlDataset* in = aclmdlCreateDataset();
  aclmdlDataset* out = aclmdlCreateDataset();
  aclmdlAddDatasetBuffer(in, aclCreateDataBuffer(x, 32));
  aclmdlAddDatasetBuffer(in, aclCreateDataBuffer(gear, 8));
  aclmdlAddDatasetBuffer(out, aclCreateDataBuffer(y, 32));
  ASSERT_EQ(aclmdlSetDynamicBatchSize(model, in, 1, 2), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemset(gear, 8, 0, 8), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecuteAsync(model, in, out, stream), ACL_SUCCESS);
}

TEST_F(CallbackTest, ExceptionCallbackComesBeforeTheErrorIsReported) {
  const uint32_t model = Load({.gears = {1, 2}});
  void* x = Device(32);
  void* y = Device(32);
  void* gear = Device(8);
  exceptions = 0;
  ASSERT_EQ(aclrtSetExceptionInfoCallback([](aclrtExceptionInfo* info) {
              exception_code = aclrtGetErrorCodeFromExceptionInfo(info);
              exception_thread = aclrtGetThreadIdFromExceptionInfo(info);
              EXPECT_EQ(aclrtGetDeviceIdFromExceptionInfo(info), 0u);
              EXPECT_NE(aclrtGetStreamIdFromExceptionInfo(info), 0xFFFFFFFFu);
              EXPECT_EQ(aclrtGetTaskIdFromExceptionInfo(info), 1u);
              ++exceptions;
            }),
            ACL_SUCCESS);
  FailOneTask(model, stream_, x, y, gear);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_MODEL_EXECUTE);
  EXPECT_EQ(exceptions.load(), 1);
  EXPECT_EQ(exception_code.load(), static_cast<uint32_t>(ACL_ERROR_RT_MODEL_EXECUTE));
  EXPECT_EQ(exception_thread.load(), static_cast<uint32_t>(gettid()));
  ASSERT_EQ(aclrtSetExceptionInfoCallback(nullptr), ACL_SUCCESS);
  FailOneTask(model, stream_, x, y, gear);
  EXPECT_NE(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(exceptions.load(), 1);
}

TEST_F(CallbackTest, StopModeRefusesWorkAfterAFailureOnEveryStreamOfTheContext) {
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  EXPECT_EQ(aclrtSetStreamFailureMode(stream_, 2), ACL_ERROR_RT_PARAM_INVALID);
  ASSERT_EQ(aclrtSetStreamFailureMode(stream_, ACL_STOP_ON_FAILURE), ACL_SUCCESS);
  EXPECT_EQ(aclrtSetStreamFailureMode(stream_, ACL_CONTINUE_ON_FAILURE),
            ACL_ERROR_RT_PARAM_INVALID);  // once for a stream
  const uint32_t model = Load({.gears = {1, 2}});
  void* x = Device(32);
  void* y = Device(32);
  void* gear = Device(8);
  void* later = Device(64);
  ASSERT_EQ(aclrtMemsetAsync(later, 64, 1, 64, second), ACL_SUCCESS);  // before the failure: runs
  ASSERT_EQ(aclrtSynchronizeStream(second), ACL_SUCCESS);
  FailOneTask(model, stream_, x, y, gear);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_MODEL_EXECUTE);
  EXPECT_EQ(aclrtMemsetAsync(later, 64, 2, 64, second), ACL_ERROR_RT_MODEL_EXECUTE);
  EXPECT_EQ(aclrtMemsetAsync(later, 64, 2, 64, stream_), ACL_ERROR_RT_MODEL_EXECUTE);
  char byte = 0;
  ASSERT_EQ(aclrtMemcpy(&byte, 1, later, 1, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  EXPECT_EQ(byte, 1);
  EXPECT_EQ(aclrtFree(later), ACL_SUCCESS);  // no refused task holds it
}

TEST_F(CallbackTest, ContinueModeRunsLaterWork) {
  ASSERT_EQ(aclrtSetStreamFailureMode(stream_, ACL_CONTINUE_ON_FAILURE), ACL_SUCCESS);
  const uint32_t model = Load({.gears = {1, 2}});
  void* x = Device(32);
  void* y = Device(32);
  void* gear = Device(8);
  void* later = Device(64);
  FailOneTask(model, stream_, x, y, gear);
  ASSERT_EQ(aclrtMemsetAsync(later, 64, 2, 64, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_MODEL_EXECUTE);
  char byte = 0;
  ASSERT_EQ(aclrtMemcpy(&byte, 1, later, 1, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  EXPECT_EQ(byte, 2);
}

// ---- aclrtStreamAbort: a callback that nobody runs holds the stream. ----

TEST_F(CallbackTest, AbortDropsWorkAndTellsTheWaiters) {
  aclrtContext context = nullptr;
  ASSERT_EQ(aclrtGetCurrentContext(&context), ACL_SUCCESS);
  EXPECT_EQ(aclrtStreamAbort(nullptr), ACL_ERROR_RT_PARAM_INVALID);
  SubscribeSelf();
  Mark mark;
  void* device = Device(64);
  ASSERT_EQ(aclrtMemset(device, 64, 1, 64), ACL_SUCCESS);
  ASSERT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_BLOCK, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemsetAsync(device, 64, 2, 64, stream_), ACL_SUCCESS);
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
  std::promise<void> waiting;
  auto waiter = std::async(std::launch::async, [&] {
    EXPECT_EQ(aclrtSetCurrentContext(context), ACL_SUCCESS);
    waiting.set_value();
    return aclrtSynchronizeStreamWithTimeout(stream_, kPatienceMs);
  });
  waiting.get_future().wait();
  // The waiter is let go whether it waits already (107023) or comes after the abort (success).
  ASSERT_EQ(aclrtStreamAbort(stream_), ACL_SUCCESS);
  const aclError told = waiter.get();
  EXPECT_TRUE(told == ACL_ERROR_RT_STREAM_ABORT || told == ACL_SUCCESS) << told;
  EXPECT_EQ(aclrtSynchronizeEventWithTimeout(event, kPatienceMs), ACL_ERROR_RT_STREAM_ABORT);
  EXPECT_TRUE(Idle());
  char byte = 0;
  ASSERT_EQ(aclrtMemcpy(&byte, 1, device, 1, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  EXPECT_EQ(byte, 1);
  EXPECT_EQ(aclrtFree(device), ACL_SUCCESS);                 // the dropped task let go of it
  EXPECT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);  // the stream goes on
  EXPECT_EQ(aclrtSynchronizeEventWithTimeout(event, kPatienceMs), ACL_SUCCESS);
}

TEST_F(CallbackTest, AbortFreesAStreamThatWaitsForAnEvent) {
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  SubscribeSelf();
  Mark mark;
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEventWithFlag(&event, ACL_EVENT_SYNC), ACL_SUCCESS);
  ASSERT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_BLOCK, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtStreamWaitEvent(second, event), ACL_SUCCESS);
  aclrtEventWaitStatus status = ACL_EVENT_WAIT_STATUS_RESERVED;
  ASSERT_EQ(aclrtQueryEventWaitStatus(event, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_EVENT_WAIT_STATUS_NOT_READY);
  // The event's stream is aborted: the record never comes, and the second stream hangs.
  ASSERT_EQ(aclrtStreamAbort(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(second, 20), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
  ASSERT_EQ(aclrtStreamAbort(second), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(second, kPatienceMs), ACL_SUCCESS);
  ASSERT_EQ(aclrtQueryEventWaitStatus(event, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_EVENT_WAIT_STATUS_COMPLETE);
}

TEST_F(CallbackTest, SynchronizeDeviceGivesUpInTime) {
  SubscribeSelf();
  Mark mark;
  ASSERT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_BLOCK, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeDeviceWithTimeout(10), ACL_ERROR_RT_WAIT_TIMEOUT);
  EXPECT_EQ(aclrtSynchronizeDeviceWithTimeout(0), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtSynchronizeDeviceWithTimeout(-2), ACL_ERROR_RT_PARAM_INVALID);
  ASSERT_EQ(aclrtProcessReport(kPatienceMs), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeDeviceWithTimeout(kPatienceMs), ACL_SUCCESS);
}

TEST_F(CallbackTest, OpWaitTimeoutEndsAStreamsWait) {
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  SubscribeSelf();
  Mark mark;
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  ASSERT_EQ(aclrtLaunchCallback(Count, &mark, ACL_CALLBACK_BLOCK, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSetOpWaitTimeout(1), ACL_SUCCESS);
  ASSERT_EQ(aclrtStreamWaitEvent(second, event), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(second, kPatienceMs), ACL_ERROR_RT_WAIT_TIMEOUT);
  ASSERT_EQ(aclrtProcessReport(kPatienceMs), ACL_SUCCESS);
}

}  // namespace
}  // namespace hostacl::testing
