// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 41 and 42: how long things take, and where the program runs.
#include <chrono>
#include <functional>

#include "session.h"

namespace conformance {
namespace {

using Trap41 = Session;
using Trap42 = Session;
using Clock = std::chrono::steady_clock;

std::chrono::milliseconds Took(const std::function<void()>& body) {
  const auto start = Clock::now();
  body();
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

TEST_F(Trap41, LoadingAndTheFirstRunCanBeMadeSlow) {
  NEEDS_HOSTACL("HOSTACL_PROFILE");
  const std::string profile = WriteTemporary(
      "slow.json",
      R"({"load_ms": 300, "first_run_ms": 200, "models": {"linear": {"default": 1}}})");
  Restart({{"HOSTACL_PROFILE", profile}});
  uint32_t id = 0;
  EXPECT_GE(Took([&] { id = Load("linear"); }).count(), 300);
  void* memory = Device(16);
  const Dataset input({{memory, 16}});
  const Dataset output({{Device(16), 16}});
  const auto run = [&] {
    EXPECT_EQ(aclmdlExecute(id, input.get(), output.get()), ACL_SUCCESS) << Message();
  };
  EXPECT_GE(Took(run).count(), 200);
  run();  // works as well; how fast it is, a busy machine decides
}

TEST_F(Trap41, FinalizingCanBeMadeSlow) {
  NEEDS_HOSTACL("HOSTACL_PROFILE");
  Restart({{"HOSTACL_PROFILE",
            WriteTemporary("slow_end.json", R"({"finalize_ms": 300, "models": {}})")}});
  EXPECT_GE(Took([] { EXPECT_EQ(aclFinalize(), ACL_SUCCESS); }).count(), 300);
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS) << Message();  // for TearDown
}

TEST_F(Trap42, TheRunModeIsHostAndMemoryIsNotShared) {
  aclrtRunMode mode = ACL_DEVICE;
  ASSERT_EQ(aclrtGetRunMode(&mode), ACL_SUCCESS);
  if (!IsHostacl() && mode == ACL_DEVICE) GTEST_SKIP() << "an edge board: no host memory to copy";
  EXPECT_EQ(mode, ACL_HOST);
  // A program that takes the other branch copies from device to device, and must be told.
  NEEDS_HOSTACL("newest releases derive the direction from the addresses");
  void* device = Device(64);
  void* host = Pinned(64);
  EXPECT_EQ(aclrtMemcpy(device, 64, host, 64, ACL_MEMCPY_DEVICE_TO_DEVICE),
            ACL_ERROR_RT_PARAM_INVALID);
}

}  // namespace
}  // namespace conformance
