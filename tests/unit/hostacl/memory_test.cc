// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

class MemoryTest : public AclTest {};

TEST_F(MemoryTest, HostCannotTouchDeviceMemory) {
  volatile char* address = static_cast<char*>(Device(64));
  EXPECT_DEATH({ *address = 1; }, "");
  EXPECT_DEATH({ EXPECT_EQ(*address, 0); }, "");
}

TEST_F(MemoryTest, FreshMemoryIsPoisonAndAligned) {
  void* address = Device(100);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % 64, 0u);
  unsigned char bytes[100] = {};
  ASSERT_EQ(aclrtMemcpy(bytes, 100, address, 100, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  for (unsigned char byte : bytes) EXPECT_EQ(byte, 0xCD);
}

TEST_F(MemoryTest, CopyRangesAndKindsAreChecked) {
  char* device = static_cast<char*>(Device(64));
  char host[256] = {};
  const auto copy = [](void* to, size_t room, const void* from, size_t count, aclrtMemcpyKind k) {
    return aclrtMemcpy(to, room, from, count, k);
  };
  EXPECT_EQ(copy(device, 64, host, 64, ACL_MEMCPY_HOST_TO_DEVICE), ACL_SUCCESS);
  EXPECT_EQ(copy(device + 32, 32, host, 32, ACL_MEMCPY_DEFAULT), ACL_SUCCESS);
  EXPECT_EQ(copy(device, 32, host, 64, ACL_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(copy(device, 128, host, 128, ACL_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(copy(device + 1, 64, host, 64, ACL_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(copy(device, 64, host, 64, ACL_MEMCPY_DEVICE_TO_HOST), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(copy(nullptr, 64, host, 64, ACL_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtFree(device), ACL_SUCCESS);
  EXPECT_EQ(copy(device, 64, host, 64, ACL_MEMCPY_HOST_TO_DEVICE), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(MemoryTest, WrongFreesAreRefused) {
  char* device = static_cast<char*>(Device(64));
  void* host = nullptr;
  ASSERT_EQ(aclrtMallocHost(&host, 64), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtFree(device + 64), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtFree(host), ACL_ERROR_RT_INVALID_MEMORY_TYPE);
  EXPECT_EQ(aclrtFreeHost(device), ACL_ERROR_RT_INVALID_MEMORY_TYPE);
  EXPECT_EQ(aclrtFree(device), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(device), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_NE(Message().find("freed before"), std::string::npos);
  EXPECT_EQ(aclrtFreeHost(host), ACL_SUCCESS);
  EXPECT_EQ(aclrtFreeHost(host), ACL_ERROR_RT_PARAM_INVALID);
  void* none = nullptr;
  EXPECT_EQ(aclrtMalloc(&none, 0, ACL_MEM_MALLOC_HUGE_FIRST), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtMallocHost(&none, 0), ACL_ERROR_INVALID_PARAM);
}

TEST_F(MemoryTest, UsedUpMemoryIsReportedAndComesBack) {
  Restart({{"HOSTACL_DEVICE_MEMORY_MIB", "8"}});
  size_t free_before = 0;
  size_t total = 0;
  ASSERT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free_before, &total), ACL_SUCCESS);
  EXPECT_EQ(total, size_t{8} << 20);
  std::vector<void*> pieces;
  void* piece = nullptr;
  while (aclrtMalloc(&piece, 1 << 20, ACL_MEM_MALLOC_HUGE_FIRST) == ACL_SUCCESS) {
    pieces.push_back(piece);
  }
  EXPECT_EQ(pieces.size(), 7u);  // the padding takes the room of the eighth
  EXPECT_EQ(aclrtMalloc(&piece, 1 << 20, ACL_MEM_MALLOC_HUGE_FIRST),
            ACL_ERROR_RT_MEMORY_ALLOCATION);
  for (void* each : pieces) EXPECT_EQ(aclrtFree(each), ACL_SUCCESS);
  size_t free_after = 0;
  ASSERT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free_after, &total), ACL_SUCCESS);
  EXPECT_EQ(free_after, free_before);
}

TEST_F(MemoryTest, AsyncCopyNeedsPinnedMemory) {
  void* device = Device(64);
  char pageable[64] = {};
  EXPECT_EQ(aclrtMemcpyAsync(device, 64, pageable, 64, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
            ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMemcpyAsync(pageable, 64, pageable, 64, ACL_MEMCPY_HOST_TO_HOST, stream_),
            ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
}

TEST_F(MemoryTest, AsyncFillThenCopyRunInOrder) {
  void* device = Device(64);
  void* host = nullptr;
  ASSERT_EQ(aclrtMallocHost(&host, 64), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemsetAsync(device, 64, 7, 64, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemcpyAsync(host, 64, device, 64, ACL_MEMCPY_DEVICE_TO_HOST, stream_),
            ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(static_cast<char*>(host)[63], 7);
  EXPECT_EQ(aclrtMemset(device, 64, 0, 65), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(MemoryTest, ThreadsAllocateAndFreeAtOnce) {
  aclrtContext context = nullptr;
  ASSERT_EQ(aclrtGetCurrentContext(&context), ACL_SUCCESS);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([context, t] {
      ASSERT_EQ(aclrtSetCurrentContext(context), ACL_SUCCESS);
      for (int i = 0; i < 200; ++i) {
        void* piece = Device(static_cast<size_t>(64 * (1 + (i + t) % 7)));
        ASSERT_EQ(aclrtMemset(piece, 64, t, 64), ACL_SUCCESS);
        ASSERT_EQ(aclrtFree(piece), ACL_SUCCESS);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace hostacl::testing
