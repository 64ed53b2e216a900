// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 16 to 21: threads, contexts, the process and callbacks.
#include <sys/wait.h>

#include <functional>
#include <future>
#include <thread>

#include "session.h"
#include "stream_gate.h"

namespace conformance {
namespace {

using Trap16 = Session;
using Trap17 = Session;
using Trap18 = Session;
using Trap21 = Session;

void OnFreshThread(const std::function<void()>& body) { std::thread(body).join(); }

TEST_F(Trap16, AFreshThreadHasNoContextUntilItBindsOne) {
  OnFreshThread([this] {
    void* address = nullptr;
    int32_t device = 0;
    aclrtStream stream = nullptr;
    aclrtContext context = nullptr;
    size_t free = 0;
    size_t total = 0;
    EXPECT_EQ(aclrtMalloc(&address, 64, ACL_MEM_MALLOC_HUGE_FIRST), ACL_ERROR_RT_CONTEXT_NULL);
    EXPECT_EQ(aclrtCreateStream(&stream), ACL_ERROR_RT_CONTEXT_NULL);
    EXPECT_EQ(aclrtSynchronizeDevice(), ACL_ERROR_RT_CONTEXT_NULL);
    EXPECT_EQ(aclrtGetCurrentContext(&context), ACL_ERROR_RT_CONTEXT_NULL);
    EXPECT_EQ(aclrtGetDevice(&device), ACL_ERROR_RT_CONTEXT_NULL);
    EXPECT_EQ(aclrtGetMemInfo(ACL_DDR_MEM, &free, &total), ACL_ERROR_RT_CONTEXT_NULL);
    ASSERT_EQ(aclrtSetCurrentContext(context_), ACL_SUCCESS);
    EXPECT_EQ(aclrtGetDevice(&device), ACL_SUCCESS);
    EXPECT_EQ(device, 0);
    EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  });
}

TEST_F(Trap16, ThreadsThatSetOneDeviceShareItsContext) {
  OnFreshThread([this] {
    ASSERT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
    aclrtContext context = nullptr;
    EXPECT_EQ(aclrtGetCurrentContext(&context), ACL_SUCCESS);
    EXPECT_EQ(context, context_);
    EXPECT_EQ(aclrtResetDevice(0), ACL_SUCCESS);
  });
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);  // the reset was only counted
  EXPECT_REFUSED(aclrtDestroyContext(context_), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(Trap17, HandlesOfAnotherContextAreRefused) {
  const uint32_t id = Load("linear");
  void* x = Device(16);
  const Dataset data({{x, 16}});
  aclrtContext other = nullptr;
  ASSERT_EQ(aclrtCreateContext(&other, 0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_STREAM_CONTEXT);
  EXPECT_EQ(aclrtDestroyStream(stream_), ACL_ERROR_RT_STREAM_CONTEXT);
  if (IsHostacl()) {
    EXPECT_EQ(aclmdlExecute(id, data.get(), data.get()), ACL_ERROR_RT_MODEL_CONTEXT);
    EXPECT_EQ(aclmdlUnload(id), ACL_ERROR_RT_MODEL_CONTEXT);
  }
  aclrtStream own = nullptr;
  ASSERT_EQ(aclrtCreateStream(&own), ACL_SUCCESS);
  EXPECT_REFUSED(aclmdlExecuteAsync(id, data.get(), data.get(), own), ACL_ERROR_RT_MODEL_CONTEXT);
  EXPECT_EQ(aclrtDestroyStream(own), ACL_SUCCESS);
  EXPECT_EQ(aclrtDestroyContext(other), ACL_SUCCESS);
  ASSERT_EQ(aclrtSetCurrentContext(context_), ACL_SUCCESS);
}

TEST_F(Trap18, DestroyingAStreamInUseIsReported) {
  NEEDS_HOSTACL("a card's answer is not documented");
  StreamGate gate(context_, stream_);
  EXPECT_EQ(aclrtDestroyStream(stream_), ACL_ERROR_RT_PARAM_INVALID);
  gate.Open();
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
}

TEST_F(Trap18, DestroyingAContextBeforeItsStreamsIsReported) {
  NEEDS_HOSTACL("a card's answer is not documented");
  aclrtContext other = nullptr;
  ASSERT_EQ(aclrtCreateContext(&other, 0), ACL_SUCCESS);
  aclrtStream stream = nullptr;
  ASSERT_EQ(aclrtCreateStream(&stream), ACL_SUCCESS);
  EXPECT_EQ(aclrtDestroyContext(other), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_NE(Message().find("stream"), std::string::npos);
  EXPECT_EQ(aclrtDestroyStream(stream), ACL_SUCCESS);
  EXPECT_EQ(aclrtDestroyContext(other), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeDevice(), ACL_ERROR_RT_CONTEXT_NULL);  // nothing is bound now
}

TEST_F(Trap18, ResettingADeviceWithLoadedModelsIsReported) {
  NEEDS_HOSTACL("a card frees the models under the caller");
  const uint32_t id = Load("linear");
  ASSERT_EQ(aclrtDestroyStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtResetDevice(0), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_NE(Message().find("model"), std::string::npos);
  EXPECT_EQ(aclmdlUnload(id), ACL_SUCCESS);
  EXPECT_EQ(aclrtResetDevice(0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeDevice(), ACL_ERROR_RT_CONTEXT_NULL);
}

TEST(Trap19, InitAndFinalizeTwiceAndCallsOutsideHaveTheirCodes) {
  IN_CHILD({
    aclrtStream stream = nullptr;
    EXPECT_REFUSED(aclrtSetDevice(0), ACL_ERROR_UNINITIALIZE);
    EXPECT_NE(aclFinalize(), ACL_SUCCESS);  // 100001 and 100037 are both documented
    EXPECT_EQ(aclInit(nullptr), ACL_SUCCESS);
    EXPECT_EQ(aclInit(nullptr), ACL_ERROR_REPEAT_INITIALIZE);
    EXPECT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
    EXPECT_EQ(aclrtCreateStream(&stream), ACL_SUCCESS);
    EXPECT_EQ(aclrtDestroyStream(stream), ACL_SUCCESS);
    EXPECT_EQ(aclrtResetDevice(0), ACL_SUCCESS);
    EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
    EXPECT_EQ(aclFinalize(), ACL_ERROR_REPEAT_FINALIZE);
    EXPECT_NE(aclrtCreateStream(&stream), ACL_SUCCESS);
    EXPECT_EQ(aclInit(""), ACL_SUCCESS);  // in sequence it may start again
    EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
  });
}

TEST(Trap19, FinalizeReferenceCountsDown) {
  IN_CHILD({
    uint64_t left = 99;
    EXPECT_EQ(aclInit(nullptr), ACL_SUCCESS);
    EXPECT_EQ(aclInit(nullptr), ACL_ERROR_REPEAT_INITIALIZE);  // counted all the same
    EXPECT_EQ(aclFinalizeReference(&left), ACL_SUCCESS);
    EXPECT_EQ(left, 1u);
    EXPECT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
    EXPECT_EQ(aclrtResetDevice(0), ACL_SUCCESS);
    EXPECT_EQ(aclFinalizeReference(&left), ACL_SUCCESS);
    EXPECT_EQ(left, 0u);
    EXPECT_NE(aclrtSetDevice(0), ACL_SUCCESS);
  });
}

TEST(Trap19, AForkedChildMayNotUseTheLibrary) {
  NEEDS_HOSTACL("a card's library does not find it out");
  IN_CHILD({
    EXPECT_EQ(aclInit(nullptr), ACL_SUCCESS);
    EXPECT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      _exit(aclrtSynchronizeDevice() == ACL_SUCCESS ? 1 : 0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "the forked child was allowed to go on, or hung";
    EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
  });
}

uint32_t CountDevices() {
  uint32_t count = 0;
  EXPECT_EQ(aclInit(nullptr), ACL_SUCCESS);
  EXPECT_EQ(aclrtGetDeviceCount(&count), ACL_SUCCESS);
  return count;
}

TEST(Trap20, VisibleDevicesAreCountedAndRenumberedFromZero) {
  IN_CHILD({
    setenv("ASCEND_RT_VISIBLE_DEVICES", "0", 1);
    EXPECT_EQ(CountDevices(), 1u);
    EXPECT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
    EXPECT_TRUE(
        IsOneOf(aclrtSetDevice(1), {ACL_ERROR_RT_INVALID_DEVICEID, ACL_ERROR_INVALID_DEVICE}));
  });
  NEEDS_HOSTACL("HOSTACL_DEVICES; a machine with four cards runs the rest as well");
  IN_CHILD({
    setenv("HOSTACL_DEVICES", "4", 1);
    setenv("ASCEND_RT_VISIBLE_DEVICES", "1,3,9,2", 1);  // ends at the first invalid id
    EXPECT_EQ(CountDevices(), 2u);
    EXPECT_EQ(aclrtSetDevice(1), ACL_SUCCESS);
    EXPECT_EQ(aclrtSetDevice(2), ACL_ERROR_RT_INVALID_DEVICEID);
    EXPECT_EQ(aclrtSetDevice(3), ACL_ERROR_RT_INVALID_DEVICEID);
    EXPECT_EQ(aclrtSetDevice(-1), ACL_ERROR_RT_INVALID_DEVICEID);
  });
  IN_CHILD({
    setenv("HOSTACL_DEVICES", "4", 1);
    setenv("ASCEND_RT_VISIBLE_DEVICES", "3,1", 1);  // ids must ascend
    EXPECT_EQ(CountDevices(), 1u);
  });
}

TEST(Trap20, TheSocNameIsThatOfTheFirstDevice) {
  IN_CHILD({
    EXPECT_EQ(aclInit(nullptr), ACL_SUCCESS);
    EXPECT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
    const char* first = aclrtGetSocName();
    EXPECT_NE(first, nullptr);
    const std::string name = first == nullptr ? "" : first;
    EXPECT_EQ(name.rfind("Ascend", 0), 0u) << name;
    uint32_t count = 0;
    EXPECT_EQ(aclrtGetDeviceCount(&count), ACL_SUCCESS);
    if (count > 1) {
      EXPECT_EQ(aclrtSetDevice(1), ACL_SUCCESS);
      EXPECT_STREQ(aclrtGetSocName(), name.c_str());
    }
  });
}

struct Called {
  std::promise<std::thread::id> thread;
  static void Run(void* self) {
    static_cast<Called*>(self)->thread.set_value(std::this_thread::get_id());
  }
};

TEST_F(Trap21, CallbacksRunInTheSubscribedThreadInsideProcessReport) {
  Called called;
  auto where = called.thread.get_future();
  EXPECT_REFUSED(aclrtProcessReport(1), ACL_ERROR_RT_THREAD_SUBSCRIBE);
  EXPECT_REFUSED(aclrtLaunchCallback(&Called::Run, &called, ACL_CALLBACK_NO_BLOCK, stream_),
                 ACL_ERROR_RT_STREAM_NO_CB_REG);
  const auto self = static_cast<uint64_t>(pthread_self());
  ASSERT_EQ(aclrtSubscribeReport(self, stream_), ACL_SUCCESS) << Message();
  EXPECT_TRUE(IsOneOf(aclrtProcessReport(1),
                      {ACL_ERROR_RT_REPORT_TIMEOUT, ACL_ERROR_WAIT_CALLBACK_TIMEOUT}));
  ASSERT_EQ(aclrtLaunchCallback(&Called::Run, &called, ACL_CALLBACK_NO_BLOCK, stream_),
            ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 30000), ACL_SUCCESS);  // NO_BLOCK
  EXPECT_EQ(where.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  EXPECT_EQ(aclrtProcessReport(30000), ACL_SUCCESS);
  ASSERT_EQ(where.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(where.get(), std::this_thread::get_id());
  EXPECT_EQ(aclrtUnSubscribeReport(self, stream_), ACL_SUCCESS);
  EXPECT_REFUSED(aclrtProcessReport(1), ACL_ERROR_RT_THREAD_SUBSCRIBE);
}

TEST_F(Trap21, ABlockingCallbackHoldsTheStreamUntilItHasRun) {
  Called called;
  auto where = called.thread.get_future();
  const auto self = static_cast<uint64_t>(pthread_self());
  ASSERT_EQ(aclrtSubscribeReport(self, stream_), ACL_SUCCESS) << Message();
  ASSERT_EQ(aclrtLaunchCallback(&Called::Run, &called, ACL_CALLBACK_BLOCK, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 1), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
  EXPECT_EQ(aclrtProcessReport(30000), ACL_SUCCESS);
  EXPECT_EQ(where.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 30000), ACL_SUCCESS);
  EXPECT_EQ(aclrtUnSubscribeReport(self, stream_), ACL_SUCCESS);
}

TEST_F(Trap21, AStreamHasOneThreadAndAThreadManyStreams) {
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  const ReportThread first_thread(context_);
  ReportThread thread(context_);
  ASSERT_EQ(aclrtSubscribeReport(thread.id(), stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSubscribeReport(thread.id(), second), ACL_SUCCESS);
  EXPECT_REFUSED(aclrtSubscribeReport(static_cast<uint64_t>(pthread_self()), stream_),
                 ACL_ERROR_RT_STREAM_SUBSCRIBE);
  EXPECT_EQ(aclrtUnSubscribeReport(thread.id(), stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtUnSubscribeReport(thread.id(), second), ACL_SUCCESS);
  EXPECT_NE(aclrtUnSubscribeReport(thread.id(), second), ACL_SUCCESS);
}

TEST_F(Trap21, AHostFunctionHoldsTheStreamAndNeedsNoSubscription) {
  Called called;
  auto where = called.thread.get_future();
  ASSERT_EQ(aclrtLaunchHostFunc(stream_, &Called::Run, &called), ACL_SUCCESS) << Message();
  ASSERT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 30000), ACL_SUCCESS);
  ASSERT_EQ(where.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_NE(where.get(), std::this_thread::get_id());
}

TEST_F(Trap21, CallsThatWouldDeadlockInACallbackEndTheProcess) {
  NEEDS_HOSTACL("a card deadlocks");
  const auto self = static_cast<uint64_t>(pthread_self());
  const auto run = [&](aclrtCallback callback) {
    ASSERT_EQ(aclrtSubscribeReport(self, stream_), ACL_SUCCESS);
    ASSERT_EQ(aclrtLaunchCallback(callback, stream_, ACL_CALLBACK_NO_BLOCK, stream_), ACL_SUCCESS);
    ASSERT_EQ(aclrtProcessReport(30000), ACL_SUCCESS);
  };
  CHILD_DIES(run([](void*) {
               void* address = nullptr;
               (void)aclrtMalloc(&address, 64, ACL_MEM_MALLOC_HUGE_FIRST);
             }),
             "aclrtMalloc was called inside");
  CHILD_DIES(run([](void* stream) { (void)aclrtSynchronizeStream(stream); }), "called inside");
  CHILD_DIES(run([](void* stream) { (void)aclrtLaunchHostFunc(stream, [](void*) {}, nullptr); }),
             "called inside");
  CHILD_DIES(run([](void*) { (void)aclrtFree(nullptr); }), "called inside");
}

}  // namespace
}  // namespace conformance
