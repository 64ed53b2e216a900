// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 7, 13 and 15: faults of the device. Injected by plan, so hostacl only.
#include <atomic>
#include <memory>

#include "session.h"
#include "stream_gate.h"

namespace conformance {
namespace {

// A session under a fault plan, with a loaded model on two sets of buffers.
class Faulty : public Session {
 protected:
  void TearDown() override {
    inputs_.clear();
    outputs_.clear();
    Session::TearDown();
  }
  void Plan(const std::string& rules) {
    Restart({{"HOSTACL_FAULTS", WriteTemporary("faults.json", R"({"rules": [)" + rules + "]}")}});
    id_ = Load("linear");
    for (int i = 0; i < 2; ++i) {
      x_[i] = Device(16);
      y_[i] = Device(16);
      ToDevice(x_[i], std::vector<float>(4, static_cast<float>(i + 1)));
      inputs_.emplace_back(std::vector<std::pair<void*, size_t>>{{x_[i], 16}});
      outputs_.emplace_back(std::vector<std::pair<void*, size_t>>{{y_[i], 16}});
    }
  }
  aclError Enqueue(int set) {
    return aclmdlExecuteAsync(id_, inputs_[static_cast<size_t>(set)].get(),
                              outputs_[static_cast<size_t>(set)].get(), stream_);
  }

  uint32_t id_ = 0;
  void* x_[2] = {};
  void* y_[2] = {};
  std::vector<Dataset> inputs_;
  std::vector<Dataset> outputs_;
};

using Trap07 = Faulty;
using Trap13 = Faulty;
using Trap15 = Faulty;

TEST_F(Trap13, AFaultIsReportedAtTheSynchronisationAndSticksToTheContext) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  for (const aclError fault : {ACL_ERROR_RT_AICORE_EXCEPTION, ACL_ERROR_RT_AICORE_TIMEOUT}) {
    Plan(R"({"task": "execute", "nth": 1, "error": )" + std::to_string(fault) + "}");
    EXPECT_EQ(Enqueue(0), ACL_SUCCESS);
    EXPECT_EQ(Enqueue(1), ACL_SUCCESS);
    EXPECT_EQ(aclrtSynchronizeStream(stream_), fault);
    EXPECT_FALSE(Message().empty());
    EXPECT_EQ(aclrtSynchronizeStream(stream_), fault) << "the fault did not stick";
    EXPECT_EQ(aclrtSynchronizeDevice(), fault);
    // In CONTINUE mode the later task ran all the same; the failed one wrote nothing.
    EXPECT_EQ(ToHost(y_[1], 4), std::vector<float>(4, 5.0f));
    EXPECT_EQ(ToHost<unsigned char>(y_[0], 16), std::vector<unsigned char>(16, kPoison));
    // Another context of the device is healthy.
    aclrtContext other = nullptr;
    ASSERT_EQ(aclrtCreateContext(&other, 0), ACL_SUCCESS);
    aclrtStream healthy = nullptr;
    ASSERT_EQ(aclrtCreateStream(&healthy), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtMemsetAsync(x_[0], 16, 0, 16, healthy), ACL_SUCCESS) << Message();
    EXPECT_EQ(aclrtSynchronizeStream(healthy), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtSetCurrentContext(context_), ACL_SUCCESS);
    inputs_.clear();
    outputs_.clear();
  }
}

TEST_F(Trap13, InStopModeNothingMoreRuns) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  Plan(R"({"task": "execute", "nth": 1, "error": 507015})");
  ASSERT_EQ(aclrtSetStreamFailureMode(stream_, ACL_STOP_ON_FAILURE), ACL_SUCCESS) << Message();
  {
    StreamGate gate(context_, stream_);
    EXPECT_EQ(Enqueue(0), ACL_SUCCESS);
    EXPECT_EQ(Enqueue(1), ACL_SUCCESS);
  }
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_AICORE_EXCEPTION);
  EXPECT_EQ(ToHost<unsigned char>(y_[1], 16), std::vector<unsigned char>(16, kPoison));
  EXPECT_NE(Enqueue(1), ACL_SUCCESS) << "new tasks are refused";
}

TEST_F(Trap13, TheExceptionCallbackIsToldBefore) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  static std::atomic<uint32_t> told{0};
  Plan(R"({"task": "execute", "nth": 1, "error": 507015})");
  ASSERT_EQ(aclrtSetExceptionInfoCallback([](aclrtExceptionInfo* info) {
              told.store(aclrtGetErrorCodeFromExceptionInfo(info));
            }),
            ACL_SUCCESS);
  EXPECT_EQ(Enqueue(0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_AICORE_EXCEPTION);
  EXPECT_EQ(told.load(), 507015u);
  EXPECT_EQ(aclrtSetExceptionInfoCallback(nullptr), ACL_SUCCESS);
}

TEST_F(Trap15, EveryCallToALostDeviceFails) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  Plan(R"({"task": "execute", "device": 0, "nth": 2, "lost": true})");
  EXPECT_EQ(Enqueue(0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(Enqueue(1), ACL_SUCCESS);
  const aclError lost = aclrtSynchronizeStream(stream_);
  EXPECT_TRUE(IsOneOf(lost, {ACL_ERROR_RT_SOCKET_CLOSE, ACL_ERROR_RT_LOST_HEARTBEAT})) << lost;
  void* address = nullptr;
  EXPECT_EQ(aclrtMalloc(&address, 64, ACL_MEM_MALLOC_HUGE_FIRST), lost);
  EXPECT_EQ(Enqueue(0), lost);
  float value = 0;
  EXPECT_EQ(aclrtMemcpy(&value, 4, y_[0], 4, ACL_MEMCPY_DEVICE_TO_HOST), lost);
  EXPECT_EQ(aclrtSynchronizeDevice(), lost);
}

TEST_F(Trap15, ALostDeviceIsAbnormalAndOthersAreNot) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  aclrtDeviceStatus status = ACL_RT_DEVICE_STATUS_END;
  Plan(R"({"task": "execute", "device": 0, "nth": 1, "lost": true})");
  EXPECT_EQ(aclrtQueryDeviceStatus(0, &status), ACL_SUCCESS) << Message();
  EXPECT_EQ(status, ACL_RT_DEVICE_STATUS_NORMAL);
  EXPECT_EQ(Enqueue(0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_SOCKET_CLOSE);
  EXPECT_EQ(aclrtQueryDeviceStatus(0, &status), ACL_SUCCESS) << Message();
  EXPECT_EQ(status, ACL_RT_DEVICE_STATUS_ABNORMAL);
  EXPECT_EQ(aclrtSetDevice(0), ACL_ERROR_RT_SOCKET_CLOSE);
  uint32_t count = 0;
  ASSERT_EQ(aclrtGetDeviceCount(&count), ACL_SUCCESS);
  if (count < 2) return;
  EXPECT_EQ(aclrtQueryDeviceStatus(1, &status), ACL_SUCCESS) << Message();
  EXPECT_EQ(status, ACL_RT_DEVICE_STATUS_NORMAL);
}

TEST_F(Trap15, ADeviceLostAtACallStaysLost) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  Plan(R"({"call": "aclmdlExecuteAsync", "nth": 2, "lost": true})");
  EXPECT_EQ(Enqueue(0), ACL_SUCCESS) << Message();
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(Enqueue(1), ACL_ERROR_RT_SOCKET_CLOSE);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_SOCKET_CLOSE);
  aclrtStream stream = nullptr;
  EXPECT_EQ(aclrtCreateStream(&stream), ACL_ERROR_RT_SOCKET_CLOSE);
}

TEST_F(Trap13, AnEnqueueCanFailAtOnceAndLeavesTheContextHealthy) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  Plan(R"({"call": "aclmdlExecuteAsync", "nth": 2, "error": 507002})");
  EXPECT_EQ(Enqueue(0), ACL_SUCCESS) << Message();
  EXPECT_EQ(Enqueue(1), 507002);
  EXPECT_NE(Message().find("aclmdlExecuteAsync"), std::string::npos);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(ToHost<unsigned char>(y_[1], 16), std::vector<unsigned char>(16, kPoison));
  EXPECT_EQ(Enqueue(1), ACL_SUCCESS) << Message();
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
}

TEST_F(Trap07, MemoryRunsOutByPlan) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  Plan(R"({"call": "aclrtMalloc", "nth": 5, "error": 207001})");  // four are the plan's buffers
  void* address = nullptr;
  EXPECT_EQ(aclrtMalloc(&address, 64, ACL_MEM_MALLOC_HUGE_FIRST), ACL_ERROR_RT_MEMORY_ALLOCATION);
  EXPECT_EQ(address, nullptr);
  EXPECT_EQ(aclrtMalloc(&address, 64, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS) << Message();
}

TEST_F(Trap13, AnOperatorThatHangsEndsAfterTheLongestTime) {
  NEEDS_HOSTACL("HOSTACL_FAULTS");
  Plan(R"({"task": "execute", "nth": 1, "hang_ms": "forever"})");
  uint64_t actual = 0;
  ASSERT_EQ(aclrtSetOpExecuteTimeOutV2(1, &actual), ACL_SUCCESS) << Message();
  EXPECT_GE(actual, 1u);
  EXPECT_EQ(Enqueue(0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 30000), ACL_ERROR_RT_AICORE_TIMEOUT);
  EXPECT_EQ(ToHost<unsigned char>(y_[0], 16), std::vector<unsigned char>(16, kPoison));
  EXPECT_EQ(aclmdlExecute(id_, inputs_[1].get(), outputs_[1].get()), ACL_SUCCESS) << Message();
}

TEST_F(Trap13, AnOperatorThatTakesLongerThanAllowedEndsThen) {
  NEEDS_HOSTACL("HOSTACL_PROFILE");
  Restart({{"HOSTACL_PROFILE",
            WriteTemporary("long.json", R"({"models": {"linear": {"default": 100000}}})")}});
  Plan(R"({"call": "aclrtNothing", "error": 507000})");
  ASSERT_EQ(aclrtSetOpExecuteTimeOut(1), ACL_SUCCESS) << Message();
  EXPECT_EQ(Enqueue(0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 30000), ACL_ERROR_RT_AICORE_TIMEOUT);
  EXPECT_NE(Message().find("linear"), std::string::npos);
}

}  // namespace
}  // namespace conformance
