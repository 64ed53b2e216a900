// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Faults on plan as a program meets them.
#include <chrono>
#include <cstring>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

using Clock = std::chrono::steady_clock;

class FaultRunTest : public AclTest {
 protected:
  void UsePlan(const std::string& rules) {
    Restart({{"HOSTACL_FAULTS", WriteFile("plan.json", R"({"seed":3,"rules":[)" + rules + "]}")}});
    Prepare();
  }

  void Prepare() {
    id_ = Load({});
    x_ = Device(16);
    y_ = Device(16);
    input_ = DatasetOf({{x_, 16}});
    output_ = DatasetOf({{y_, 16}});
    ToDevice(x_, {1, 2, 3, 4});
  }

  aclError RunAsync() {
    EXPECT_EQ(aclmdlExecuteAsync(id_, input_, output_, stream_), ACL_SUCCESS) << Message();
    return aclrtSynchronizeStream(stream_);
  }

  uint32_t id_ = 0;
  void* x_ = nullptr;
  void* y_ = nullptr;
  aclmdlDataset* input_ = nullptr;
  aclmdlDataset* output_ = nullptr;
};

TEST_F(FaultRunTest, CoreExceptionShowsAtSynchronisationAndStays) {
  UsePlan(R"({"name":"crash","task":"execute","nth":2,"error":507015})");
  EXPECT_EQ(RunAsync(), ACL_SUCCESS);
  EXPECT_EQ(RunAsync(), ACL_ERROR_RT_AICORE_EXCEPTION);
  EXPECT_NE(Message().find("rule crash"), std::string::npos);
  EXPECT_EQ(RunAsync(), ACL_ERROR_RT_AICORE_EXCEPTION);  // the context stays poisoned
  ToDevice(x_, {1, 2, 3, 4});                            // though later tasks still run
  EXPECT_EQ(ToHost(y_, 4), (std::vector<float>{3, 5, 7, 9}));
}

TEST_F(FaultRunTest, OverflowEndsWithItsTask) {
  UsePlan(R"({"task":"execute","nth":1,"error":207003})");
  EXPECT_EQ(RunAsync(), 207003);
  EXPECT_EQ(RunAsync(), ACL_SUCCESS);
}

TEST_F(FaultRunTest, SynchronousCallsReturnTheFault) {
  UsePlan(R"({"task":"execute","nth":1,"error":507015},{"task":"copy","nth":2,"error":507052})");
  EXPECT_EQ(aclmdlExecute(id_, input_, output_), ACL_ERROR_RT_AICORE_EXCEPTION);
  std::vector<float> values(4);  // the first copy was ToDevice of Prepare
  EXPECT_EQ(aclrtMemcpy(values.data(), 16, y_, 16, ACL_MEMCPY_DEVICE_TO_HOST), 507052);
  EXPECT_EQ(aclrtMemcpy(values.data(), 16, y_, 16, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
}

TEST_F(FaultRunTest, OtherDevicesGoOnWhenOneIsLost) {
  UsePlan(R"({"task":"execute","device":0,"nth":1,"lost":true})");
  EXPECT_EQ(RunAsync(), 507901);
  EXPECT_EQ(aclmdlExecute(id_, input_, output_), 507901);
  EXPECT_EQ(aclrtSetDevice(0), 507901);
  ASSERT_EQ(aclrtSetDevice(1), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateStream(&stream_), ACL_SUCCESS);
  Prepare();
  EXPECT_EQ(RunAsync(), ACL_SUCCESS);
}

TEST_F(FaultRunTest, HangLetsTimedWaitsEndAndFinalize) {
  UsePlan(R"({"task":"execute","hang_ms":"forever"})");
  ASSERT_EQ(aclmdlExecuteAsync(id_, input_, output_, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 5), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  ASSERT_EQ(aclrtRecordEvent(event, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeEventWithTimeout(event, 5), ACL_ERROR_RT_EVENT_SYNC_TIMEOUT);
  EXPECT_EQ(aclrtFree(x_), ACL_ERROR_RT_PARAM_INVALID);  // still in use
  // TearDown's aclFinalize ends it.
}

TEST_F(FaultRunTest, HangEndsWithItsStreamAndItsTime) {
  // 0x42280000 is 42.0f.
  UsePlan(R"({"task":"execute","input_bytes":"00002842","hang_ms":"forever"},
             {"task":"execute","hang_ms":20})");
  ToDevice(x_, {1, 42, 3, 4});
  ASSERT_EQ(aclmdlExecuteAsync(id_, input_, output_, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 50), ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
  EXPECT_EQ(aclrtDestroyStreamForce(stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateStream(&stream_), ACL_SUCCESS);
  Prepare();
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(RunAsync(), ACL_SUCCESS);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(20));
}

TEST_F(FaultRunTest, CorruptedOutputIsTheSameEachRun) {
  const std::string rule = R"({"task":"execute","nth":2,"corrupt_bits":3})";
  const std::vector<float> right = {3, 5, 7, 9};
  std::vector<uint32_t> seen[2];
  for (auto& bits : seen) {
    UsePlan(rule);
    EXPECT_EQ(RunAsync(), ACL_SUCCESS);
    EXPECT_EQ(ToHost(y_, 4), right);
    EXPECT_EQ(RunAsync(), ACL_SUCCESS);  // and nobody says so
    bits.resize(4);
    ASSERT_EQ(aclrtMemcpy(bits.data(), 16, y_, 16, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  }
  std::vector<uint32_t> clean(4);
  std::memcpy(clean.data(), right.data(), 16);
  EXPECT_NE(seen[0], clean);
  EXPECT_EQ(seen[0], seen[1]);
}

TEST_F(FaultRunTest, InputFellsWhicheverDeviceRunsIt) {
  // 0x42280000 is 42.0f.
  UsePlan(R"({"task":"execute","input_bytes":"00002842","lost":true,"error":507010})");
  EXPECT_EQ(RunAsync(), ACL_SUCCESS);
  for (const int32_t device : {0, 1}) {
    ASSERT_EQ(aclrtSetDevice(device), ACL_SUCCESS);
    ASSERT_EQ(aclrtCreateStream(&stream_), ACL_SUCCESS);
    Prepare();
    ToDevice(x_, {1, 42, 3, 4});
    EXPECT_EQ(RunAsync(), 507010) << device;
  }
}

TEST_F(FaultRunTest, SlowDeviceTakesItsFactor) {
  Restart({{"HOSTACL_PROFILE", WriteFile("slow.json", R"({"models":{"linear":{"default":4}}})")}});
  UsePlan(R"({"task":"execute","device":0,"slow":5})");
  const Clock::time_point begin = Clock::now();
  EXPECT_EQ(RunAsync(), ACL_SUCCESS);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(20));
}

TEST_F(FaultRunTest, BadPlanStopsAclInit) {
  ASSERT_EQ(aclFinalize(), ACL_SUCCESS);
  const std::string path = WriteFile("bad_plan.json", R"({"rules":[{"task":"execute","eror":1}]})");
  setenv("HOSTACL_FAULTS", path.c_str(), 1);
  EXPECT_EQ(aclInit(nullptr), ACL_ERROR_INVALID_FILE);
  const std::string message = Message();
  EXPECT_NE(message.find("rules[0]"), std::string::npos) << message;
  unsetenv("HOSTACL_FAULTS");
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);  // for TearDown
}

}  // namespace
}  // namespace hostacl::testing
