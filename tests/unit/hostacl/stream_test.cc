// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <thread>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

// Holds streams back by making them wait for an event whose own stream is busy with a profiled
// copy of a known length.
class StreamTest : public AclTest {
 protected:
  // From here on a copy of 1 MB takes 100 ms of device time.
  void SlowCopies() {
    Restart({{"HOSTACL_PROFILE", WriteFile("slow.json", R"({"models":{},"copy_gb_per_s":0.01})")}});
    ASSERT_EQ(aclrtMallocHost(&host_, kBytes), ACL_SUCCESS);
    std::memset(host_, 5, kBytes);
    device_ = Device(kBytes);
  }
  void EnqueueSlowCopy() {
    ASSERT_EQ(aclrtMemcpyAsync(device_, kBytes, host_, kBytes, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
              ACL_SUCCESS);
  }
  unsigned char FirstByte() {
    unsigned char byte = 0;
    EXPECT_EQ(aclrtMemcpy(&byte, 1, device_, 1, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
    return byte;
  }

  static constexpr size_t kBytes = 1000000;
  void* host_ = nullptr;
  void* device_ = nullptr;
};

TEST_F(StreamTest, ResultsAppearOnlyAfterTheStreamRan) {
  SlowCopies();
  EnqueueSlowCopy();
#if !__has_feature(thread_sanitizer)  // which rightly calls this read a race
  EXPECT_EQ(FirstByte(), 0xCD);
#endif
  aclrtStreamStatus status = ACL_STREAM_STATUS_RESERVED;
  EXPECT_EQ(aclrtStreamQuery(stream_, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_STREAM_STATUS_NOT_READY);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(FirstByte(), 5);
  EXPECT_EQ(aclrtStreamQuery(stream_, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_STREAM_STATUS_COMPLETE);
}

TEST_F(StreamTest, AWaitThatTimesOutLeavesTheWorkGoingOn) {
  SlowCopies();
  EnqueueSlowCopy();
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 1), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
  EXPECT_EQ(aclrtFree(device_), ACL_ERROR_RT_PARAM_INVALID);  // still in use
  EXPECT_EQ(aclrtDestroyStream(stream_), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 0), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, -2), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, -1), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(device_), ACL_SUCCESS);
}

TEST_F(StreamTest, BothEventQueriesUseTheirOwnNumbers) {
  SlowCopies();
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  EnqueueSlowCopy();
  ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
  aclrtEventStatus old_status = ACL_EVENT_STATUS_RESERVED;
  aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_COMPLETE;
  EXPECT_EQ(aclrtQueryEvent(event, &old_status), ACL_SUCCESS);
  EXPECT_EQ(old_status, 1);
  EXPECT_EQ(aclrtQueryEventStatus(event, &status), ACL_SUCCESS);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(aclrtSynchronizeEventWithTimeout(event, 1), ACL_ERROR_RT_EVENT_SYNC_TIMEOUT);
  EXPECT_EQ(aclrtSynchronizeEvent(event), ACL_SUCCESS);
  EXPECT_EQ(aclrtQueryEvent(event, &old_status), ACL_SUCCESS);
  EXPECT_EQ(old_status, 0);
  EXPECT_EQ(aclrtQueryEventStatus(event, &status), ACL_SUCCESS);
  EXPECT_EQ(status, 1);
}

TEST_F(StreamTest, AnotherStreamWaitsForAnEvent) {
  SlowCopies();
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEventExWithFlag(&event, ACL_EVENT_SYNC), ACL_SUCCESS);
  void* copy = nullptr;
  ASSERT_EQ(aclrtMallocHost(&copy, 1), ACL_SUCCESS);
  EnqueueSlowCopy();
  ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtStreamWaitEvent(second, event), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemcpyAsync(copy, 1, device_, 1, ACL_MEMCPY_DEVICE_TO_HOST, second), ACL_SUCCESS);
  ASSERT_EQ(aclrtDestroyEvent(event), ACL_SUCCESS);  // queued work keeps it
  ASSERT_EQ(aclrtSynchronizeStream(second), ACL_SUCCESS);
  EXPECT_EQ(*static_cast<unsigned char*>(copy), 5);
}

TEST_F(StreamTest, EventFlagsAreEnforced) {
  aclrtEvent timed = nullptr;
  aclrtEvent sync = nullptr;
  aclrtEvent none = nullptr;
  ASSERT_EQ(aclrtCreateEventWithFlag(&timed, ACL_EVENT_TIME_LINE), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateEventWithFlag(&sync, ACL_EVENT_SYNC), ACL_SUCCESS);
  EXPECT_EQ(aclrtCreateEventWithFlag(&none, 0), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtCreateEventWithFlag(&none, 0x1000), ACL_ERROR_RT_PARAM_INVALID);
  ASSERT_EQ(aclrtRecordEvent(timed, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(sync, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtStreamWaitEvent(stream_, timed), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtStreamWaitEvent(stream_, sync), ACL_SUCCESS);
  float ms = 0;
  EXPECT_EQ(aclrtEventElapsedTime(&ms, timed, sync), ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID);
}

TEST_F(StreamTest, UnrecordedEventsDifferByKind) {
  aclrtEvent plain = nullptr;
  aclrtEvent ex = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&plain), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateEventExWithFlag(&ex, ACL_EVENT_SYNC), ACL_SUCCESS);
  aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_NOT_READY;
  EXPECT_EQ(aclrtQueryEventStatus(ex, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_EVENT_RECORDED_STATUS_COMPLETE);
  EXPECT_EQ(aclrtQueryEventStatus(plain, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_EVENT_RECORDED_STATUS_NOT_READY);
  EXPECT_EQ(aclrtSynchronizeEvent(ex), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeEvent(plain), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(StreamTest, ElapsedTimeIsDeviceTimeAndHasADirection) {
  SlowCopies();
  aclrtEvent begin = nullptr;
  aclrtEvent end = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&begin), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateEvent(&end), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(begin, stream_), ACL_SUCCESS);
  EnqueueSlowCopy();
  ASSERT_EQ(aclrtRecordEvent(end, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  float ms = 0;
  ASSERT_EQ(aclrtEventElapsedTime(&ms, begin, end), ACL_SUCCESS);
  EXPECT_GE(ms, 99.9f);
  EXPECT_EQ(aclrtEventElapsedTime(&ms, end, begin), ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL);
}

TEST_F(StreamTest, StreamOfAnotherContextIsRefused) {
  aclrtContext context = nullptr;
  ASSERT_EQ(aclrtCreateContext(&context, 0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_STREAM_CONTEXT);
  EXPECT_EQ(aclrtDestroyStream(stream_), ACL_ERROR_RT_STREAM_CONTEXT);
  aclrtStream own = nullptr;
  ASSERT_EQ(aclrtCreateStream(&own), ACL_SUCCESS);
  EXPECT_EQ(aclrtDestroyContext(context), ACL_ERROR_RT_PARAM_INVALID);  // it still has a stream
  EXPECT_EQ(aclrtDestroyStream(own), ACL_SUCCESS);
  EXPECT_EQ(aclrtDestroyContext(context), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_CONTEXT_NULL);
}

TEST_F(StreamTest, DestroyedHandlesAreFoundOut) {
  ASSERT_EQ(aclrtDestroyStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_INVALID_HANDLE);
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  ASSERT_EQ(aclrtDestroyEvent(event), ACL_SUCCESS);
  EXPECT_EQ(aclrtRecordEvent(event, nullptr), ACL_ERROR_RT_INVALID_HANDLE);
  EXPECT_EQ(aclrtDestroyEvent(event), ACL_ERROR_RT_INVALID_HANDLE);
}

TEST_F(StreamTest, SynchronizeDeviceWaitsForAllStreams) {
  SlowCopies();
  EnqueueSlowCopy();
  EXPECT_EQ(aclrtSynchronizeDevice(), ACL_SUCCESS);
  EXPECT_EQ(FirstByte(), 5);
}

}  // namespace
}  // namespace hostacl::testing
