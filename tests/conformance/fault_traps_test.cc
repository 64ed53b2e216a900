// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 13 and 15: faults of the device. Injected by plan, so hostacl only.
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
    EXPECT_EQ(aclrtSynchronizeDevice(), ACL_SUCCESS);
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

}  // namespace
}  // namespace conformance
