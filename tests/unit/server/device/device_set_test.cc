// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/device_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "server/base/thread.h"
#include "server/device/acl_status.h"
#include "server/device/stream.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::unique_ptr<DeviceSet>> Open(std::vector<int> ids) {
  return DeviceSet::Create({.library_path = ACL_LIBRARY, .config_path = ""}, std::move(ids),
                           Clock::Real());
}

TEST(DeviceSetTest, NamesAMissingLibrary) {
  const auto set = DeviceSet::Create({.library_path = "/nowhere/libascendcl.so", .config_path = ""},
                                     {}, Clock::Real());
  EXPECT_EQ(set.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(set.status().message()), HasSubstr("/nowhere/libascendcl.so"));
}

TEST(DeviceSetTest, RefusesALibraryThatIsNotAcl) {
  const auto set =
      DeviceSet::Create({.library_path = "libm.so.6", .config_path = ""}, {}, Clock::Real());
  EXPECT_EQ(set.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(DeviceSetTest, TakesAllDevicesWhenNoneIsNamed) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->size(), 2u);
  EXPECT_EQ((*set)->healthy(), 2);
  EXPECT_FALSE((*set)->soc_name().empty());
  EXPECT_FALSE((*set)->acl_version().empty());
}

TEST(DeviceSetTest, CanBeOpenedAgainAfterItClosed) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Open({1}).ok());
}

TEST(DeviceSetTest, RefusesUnknownAndRepeatedIds) {
  EXPECT_EQ(Open({7}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Open({-1}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Open({0, 0}).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(DeviceSetTest, TellsMemoryOnAnyThread) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  Thread other("other", [&set] {
    const auto memory = (*set)->device(1).memory();
    ASSERT_TRUE(memory.ok()) << memory.status();
    EXPECT_GT(memory->total, 0u);
    EXPECT_LE(memory->free, memory->total);
  });
}

TEST(DeviceSetTest, AnUnhealthyDeviceStaysSoWithItsFirstReason) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  (*set)->device(0).MarkUnhealthy(absl::UnavailableError("first"));
  (*set)->device(0).MarkUnhealthy(absl::UnavailableError("second"));
  EXPECT_FALSE((*set)->device(0).healthy());
  EXPECT_EQ((*set)->device(0).health().message(), "first");
  EXPECT_EQ((*set)->healthy(), 1);
}

TEST(DeviceSetTest, OnlyAResetMakesADeviceHealthyAgain) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  Device& device = (*set)->device(0);
  device.MarkUnhealthy(absl::UnavailableError("first"));
  EXPECT_FALSE(device.MarkHealthy());
  ASSERT_TRUE(device.Reset().ok());
  EXPECT_FALSE(device.healthy());
  device.MarkUnhealthy(absl::UnavailableError("again"));
  EXPECT_FALSE(device.MarkHealthy()) << "it failed since";
  ASSERT_TRUE(device.Reset().ok());
  EXPECT_TRUE(device.MarkHealthy());
  EXPECT_TRUE(device.healthy());
  EXPECT_TRUE(device.health().ok());
}

TEST(DeviceSetTest, WhatWasOnADeviceBeforeItsResetIsLostAndNotGivenBack) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  Device& device = (*set)->device(0);
  auto before = device.memory_pool().Allocate(5000);
  ASSERT_TRUE(before.ok());
  device.MarkUnhealthy(absl::UnavailableError("on plan"));
  ASSERT_TRUE(device.Reset().ok());
  EXPECT_TRUE(before->lost());
  auto after = device.memory_pool().Allocate(5000);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_FALSE(after->lost());
  *before = DeviceBuffer();
  EXPECT_EQ(device.memory_pool().stats().blocks_in_use, 1u);
  EXPECT_TRUE(device.memory().ok());
}

TEST(DeviceSetTest, ADeviceWithSomethingOnItIsNotReset) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  Device& device = (*set)->device(0);
  ScopedBind bind(device);
  auto stream = Stream::Create(device);
  ASSERT_TRUE(stream.ok());
  device.MarkUnhealthy(absl::UnavailableError("on plan"));
  EXPECT_FALSE(device.Reset().ok());
  EXPECT_FALSE(device.MarkHealthy());
}

TEST(StagingPoolTest, ServesTheOthersWhileADeviceIsOut) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  HostTensor before = (*set)->staging().Allocate(DType::kUint8, {1000});
  (*set)->device(0).MarkUnhealthy(absl::UnavailableError("on plan"));
  ASSERT_TRUE((*set)->device(0).Reset().ok());
  EXPECT_TRUE((*set)->staging().TryAllocate(DType::kUint8, {5000}).ok());
  before.data()[0] = std::byte{1};  // it is the host's
}

TEST(StagingPoolTest, AWarmPoolAllocatesNothing) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  StagingPool& staging = (*set)->staging();
  for (int i = 0; i < 50; ++i) {
    const HostTensor tensor = staging.Allocate(DType::kFloat32, {3, 100});
    const HostTensor copy = tensor;
    EXPECT_TRUE(staging.Owns(copy.data(), copy.bytes()));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(copy.data()) % 64, 0u);
  }
  EXPECT_EQ(staging.stats().allocations, 1u);
  EXPECT_EQ(staging.stats().blocks_in_use, 0u);
}

TEST(StagingPoolTest, WorksOnThreadsWithoutADevice) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  Thread other("other", [&set] {
    const HostTensor tensor = (*set)->staging().Allocate(DType::kUint8, {1000});
    EXPECT_TRUE((*set)->staging().Owns(tensor.data(), tensor.bytes()));
  });
}

TEST(StagingPoolTest, OutlivesTheDeviceThatLentItsContext) {
  const std::string plan = ::testing::TempDir() + "/staging_pool_test_faults.json";
  std::ofstream(plan) << R"({"rules": [{"call": "aclrtMallocHost", "device": 0, "lost": true},
                                       {"call": "aclrtMallocHost", "device": 1, "nth": 3,
                                        "lost": true}]})";
  setenv("HOSTACL_FAULTS", plan.c_str(), 1);
  const auto set = Open({});
  unsetenv("HOSTACL_FAULTS");
  ASSERT_TRUE(set.ok()) << set.status();
  StagingPool& staging = (*set)->staging();
  const auto first = staging.TryAllocate(DType::kUint8, {1000});
  ASSERT_TRUE(first.ok()) << first.status();
  (*set)->device(0).MarkUnhealthy(absl::UnavailableError("lost"));
  ASSERT_TRUE(staging.TryAllocate(DType::kUint8, {2000}).ok());
  const absl::Status none = staging.TryAllocate(DType::kUint8, {100000}).status();
  EXPECT_EQ(none.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(IsDeviceLost(none)) << "whose batch it is for need not be lost: " << none;
}

TEST(StagingPoolTest, ATensorMayOutliveThePool) {
  HostTensor tensor;
  {
    const auto set = Open({});
    ASSERT_TRUE(set.ok()) << set.status();
    tensor = (*set)->staging().Allocate(DType::kUint8, {10});
  }
  tensor = HostTensor();
}

TEST(DeviceMemoryPoolTest, ReusesBuffersAndReportsExhaustion) {
  const auto set = Open({});
  ASSERT_TRUE(set.ok()) << set.status();
  DeviceMemoryPool& pool = (*set)->device(0).memory_pool();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.Allocate(5000).ok());
  EXPECT_EQ(pool.stats().allocations, 1u);
  EXPECT_EQ(pool.Allocate(size_t{1} << 45).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace omserve
