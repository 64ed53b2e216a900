// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 1 to 7: pointers and memory.
#include <algorithm>
#include <cstring>

#include "session.h"
#include "stream_gate.h"

namespace conformance {
namespace {

using Trap01 = Session;
using Trap02 = Session;
using Trap03 = Session;
using Trap04 = Session;
using Trap05 = Session;
using Trap06 = Session;
using Trap07 = Session;

bool IsPoison(const std::vector<unsigned char>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](unsigned char b) { return b == kPoison; });
}

TEST_F(Trap01, DevicePointersCrashOnTheHost) {
  auto* bytes = static_cast<volatile unsigned char*>(Device(64));
  CHILD_DIES(bytes[0] = 1, "");
  CHILD_DIES((void)bytes[63], "");
}

TEST_F(Trap02, HostPointerInADataBufferIsRefused) {
  const uint32_t id = Load("linear");
  std::vector<float> host(4, 1.0f);
  void* device = Device(16);
  const Dataset from_host({{host.data(), 16}});
  const Dataset from_device({{device, 16}});
  aclError enqueued = aclmdlExecuteAsync(id, from_host.get(), from_device.get(), stream_);
  if (IsHostacl()) {
    EXPECT_EQ(enqueued, ACL_ERROR_INVALID_PARAM);
  } else if (enqueued == ACL_SUCCESS) {  // a card may find it out late
    EXPECT_NE(aclrtSynchronizeStreamWithTimeout(stream_, 60000), ACL_SUCCESS);
  }
  const Dataset to_host({{host.data(), 16}});
  NEEDS_HOSTACL("a card may be poisoned by the first half");
  EXPECT_EQ(aclmdlExecute(id, from_device.get(), to_host.get()), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
}

TEST_F(Trap02, PageableHostMemoryInAnAsynchronousCopyIsRefused) {
  NEEDS_HOSTACL("newer releases copy pageable memory before the call returns");
  std::vector<unsigned char> pageable(64);
  void* device = Device(64);
  EXPECT_EQ(aclrtMemcpyAsync(device, 64, pageable.data(), 64, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
            ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMemcpyAsync(pageable.data(), 64, device, 64, ACL_MEMCPY_DEVICE_TO_HOST, stream_),
            ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(Trap03, CopiesThatCannotBeRightGive107000) {
  void* device = Device(64);
  std::vector<unsigned char> host(128);
  EXPECT_EQ(aclrtMemcpy(device, 32, host.data(), 33, ACL_MEMCPY_HOST_TO_DEVICE),
            ACL_ERROR_RT_PARAM_INVALID);
  // A null pointer and a kind that is none are found a layer above.
  EXPECT_EQ(aclrtMemcpy(nullptr, 64, host.data(), 64, ACL_MEMCPY_HOST_TO_DEVICE),
            ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtMemcpy(device, 64, nullptr, 64, ACL_MEMCPY_HOST_TO_DEVICE),
            ACL_ERROR_INVALID_PARAM);
  EXPECT_TRUE(IsOneOf(aclrtMemcpy(device, 64, host.data(), 64, static_cast<aclrtMemcpyKind>(99)),
                      {ACL_ERROR_RT_PARAM_INVALID, ACL_ERROR_INVALID_PARAM}));
  NEEDS_HOSTACL("newest releases derive the direction from the addresses");
  EXPECT_EQ(aclrtMemcpy(device, 64, host.data(), 64, ACL_MEMCPY_DEVICE_TO_HOST),
            ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMemcpy(device, 64, host.data(), 64, ACL_MEMCPY_HOST_TO_HOST),
            ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMemcpy(device, 128, host.data(), 65, ACL_MEMCPY_HOST_TO_DEVICE),
            ACL_ERROR_RT_PARAM_INVALID);  // leaves its allocation
  EXPECT_EQ(aclrtMemset(device, 128, 0, 65), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMemset(device, 64, 0, 65), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(Trap03, MemsetTakesDeviceMemoryAndPageLockedMemory) {
  auto* host = static_cast<unsigned char*>(Pinned(64));
  EXPECT_EQ(aclrtMemset(host, 64, 7, 64), ACL_SUCCESS) << Message();
  EXPECT_TRUE(std::all_of(host, host + 64, [](unsigned char b) { return b == 7; }));
  EXPECT_EQ(aclrtMemsetAsync(host, 64, 8, 32, stream_), ACL_SUCCESS) << Message();
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(host[31], 8);
  EXPECT_EQ(host[32], 7);
  NEEDS_HOSTACL("with other host memory a card's behaviour is undefined");
  std::vector<unsigned char> pageable(64);
  EXPECT_EQ(aclrtMemset(pageable.data(), 64, 0, 64), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMemset(host + 32, 64, 0, 64), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(Trap04, WrongAllocationsAndFreesAreErrors) {
  void* nothing = nullptr;
  EXPECT_EQ(aclrtMalloc(&nothing, 0, ACL_MEM_MALLOC_HUGE_FIRST), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtMallocHost(&nothing, 0), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtFree(nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtFreeHost(nullptr), ACL_ERROR_INVALID_PARAM);
  NEEDS_HOSTACL("a card's driver is not shown wild pointers");
  auto* device = static_cast<unsigned char*>(Device(256));
  auto* host = static_cast<unsigned char*>(Pinned(256));
  EXPECT_EQ(aclrtFree(device + 64), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtFreeHost(host + 64), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtFreeHost(device), ACL_ERROR_RT_INVALID_MEMORY_TYPE);
  EXPECT_EQ(aclrtFree(host), ACL_ERROR_RT_INVALID_MEMORY_TYPE);
  EXPECT_EQ(aclrtFree(device), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(device), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtFreeHost(host), ACL_SUCCESS);
  EXPECT_EQ(aclrtFreeHost(host), ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(Trap05, FreshMemoryIsPoisonAndFreedMemoryIsPoisonedAgain) {
  NEEDS_HOSTACL("a card's fresh memory holds anything");
  void* first = Device(64);
  EXPECT_TRUE(IsPoison(ToHost<unsigned char>(first, 64)));
  ToDevice(first, std::vector<unsigned char>(64, 7));
  ASSERT_EQ(aclrtFree(first), ACL_SUCCESS);
  void* second = Device(64);
  EXPECT_TRUE(IsPoison(ToHost<unsigned char>(second, 64)));
}

TEST_F(Trap05, AllocationsAreAlignedAndLeaveRoomForTheDevicesOverrun) {
  std::vector<uintptr_t> starts;
  constexpr size_t kSize = 70;  // the device may touch up to 96 + 32 bytes
  for (int i = 0; i < 8; ++i) starts.push_back(reinterpret_cast<uintptr_t>(Device(kSize)));
  std::sort(starts.begin(), starts.end());
  for (size_t i = 0; i < starts.size(); ++i) {
    EXPECT_EQ(starts[i] % 64, 0u);
    if (i > 0) {
      EXPECT_GE(starts[i] - starts[i - 1], 128u);
    }
  }
  EXPECT_EQ(reinterpret_cast<uintptr_t>(Pinned(kSize)) % 64, 0u);
}

TEST_F(Trap05, PiecesOfOneBlockMustLeaveThatRoomToo) {
  NEEDS_HOSTACL("a card damages the neighbour silently");
  const uint32_t id = Load("linear");
  auto* block = static_cast<unsigned char*>(Device(256));
  const Dataset input({{block, 16}});
  const Dataset near({{block + 32, 16}});  // inside ALIGN_UP(16, 32) + 32
  const Dataset apart({{block + 64, 16}});
  ToDevice(block, std::vector<float>{1, 2, 3, 4});
  EXPECT_EQ(aclmdlExecute(id, input.get(), apart.get()), ACL_SUCCESS) << Message();
  EXPECT_EQ(aclmdlExecute(id, input.get(), near.get()), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlExecute(id, near.get(), input.get()), ACL_ERROR_INVALID_PARAM);
  EXPECT_NE(Message().find("room"), std::string::npos);
  EXPECT_EQ(ToHost(block, 4), (std::vector<float>{1, 2, 3, 4})) << "it ran all the same";
}

TEST_F(Trap05, RowsOfOneBlockMayBeInputs) {
  // What a server does: the rows of a stage's output are the inputs of later executions.
  const uint32_t first = Load("linear");
  const uint32_t second = Load("linear");
  auto* block = static_cast<unsigned char*>(Device(64));
  ToDevice(block, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  void* y = Device(16);
  void* z = Device(16);
  const Dataset row_0({{block, 16}});
  const Dataset row_1({{block + 16, 16}});
  const Dataset to_y({{y, 16}});
  const Dataset to_z({{z, 16}});
  aclrtStream other = nullptr;
  ASSERT_EQ(aclrtCreateStream(&other), ACL_SUCCESS);
  {
    StreamGate gate(context_, stream_);
    EXPECT_EQ(aclmdlExecuteAsync(first, row_0.get(), to_y.get(), stream_), ACL_SUCCESS)
        << Message();
    EXPECT_EQ(aclmdlExecuteAsync(second, row_1.get(), to_z.get(), other), ACL_SUCCESS) << Message();
    EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(other, 30000), ACL_SUCCESS);
  }
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));
  EXPECT_EQ(ToHost(z, 4), (std::vector<float>{11, 13, 15, 17}));
}

TEST_F(Trap05, ARoomMustNotReachIntoWorkOfAnotherStream) {
  NEEDS_HOSTACL("a card damages the neighbour silently");
  const uint32_t id = Load("linear");
  auto* block = static_cast<unsigned char*>(Device(512));
  auto* host = static_cast<unsigned char*>(Pinned(16));
  const Dataset input({{Device(16), 16}});
  const Dataset near({{block, 16}});
  const Dataset apart({{block + 256, 16}});
  aclrtStream other = nullptr;
  ASSERT_EQ(aclrtCreateStream(&other), ACL_SUCCESS);
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(aclrtMemcpyAsync(block + 32, 16, host, 16, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
              ACL_SUCCESS);
    EXPECT_EQ(aclmdlExecuteAsync(id, input.get(), near.get(), other), ACL_ERROR_INVALID_PARAM);
    EXPECT_NE(Message().find("room"), std::string::npos);
    EXPECT_EQ(aclmdlExecuteAsync(id, input.get(), apart.get(), other), ACL_SUCCESS) << Message();
    // In the order of one stream the neighbour may be done with by then.
    ASSERT_EQ(aclrtSynchronizeStreamWithTimeout(other, 30000), ACL_SUCCESS);
    EXPECT_EQ(aclmdlExecuteAsync(id, input.get(), near.get(), stream_), ACL_SUCCESS) << Message();
  }
  EXPECT_EQ(aclmdlExecuteAsync(id, input.get(), near.get(), other), ACL_SUCCESS) << Message();
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(other, 30000), ACL_SUCCESS);
}

TEST_F(Trap06, FreeingABufferOfAQueuedTaskIsReported) {
  NEEDS_HOSTACL("a card frees it under the task");
  const uint32_t id = Load("linear");
  void* x = Device(16);
  void* y = Device(16);
  const Dataset input({{x, 16}});
  const Dataset output({{y, 16}});
  ToDevice(x, std::vector<float>{1, 2, 3, 4});
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(aclmdlExecuteAsync(id, input.get(), output.get(), stream_), ACL_SUCCESS);
    EXPECT_EQ(aclrtFree(x), ACL_ERROR_RT_PARAM_INVALID);
    EXPECT_NE(Message().find("queued"), std::string::npos);
    EXPECT_EQ(aclrtFree(y), ACL_ERROR_RT_PARAM_INVALID);
  }
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));
  EXPECT_EQ(aclrtFree(x), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(y), ACL_SUCCESS);
}

TEST_F(Trap06, RewritingABufferOfAQueuedTaskIsReported) {
  NEEDS_HOSTACL("a card computes with the new bytes, or with half of them");
  const uint32_t id = Load("linear");
  void* x = Device(16);
  void* y = Device(16);
  const Dataset input({{x, 16}});
  const Dataset output({{y, 16}});
  ToDevice(x, std::vector<float>{1, 2, 3, 4});
  const std::vector<float> other(4, 9.0f);
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(aclmdlExecuteAsync(id, input.get(), output.get(), stream_), ACL_SUCCESS);
    EXPECT_EQ(aclrtMemcpy(x, 16, other.data(), 16, ACL_MEMCPY_HOST_TO_DEVICE),
              ACL_ERROR_RT_PARAM_INVALID);
    EXPECT_NE(Message().find("queued"), std::string::npos);
    EXPECT_EQ(aclrtMemset(x, 16, 0, 16), ACL_ERROR_RT_PARAM_INVALID);
    EXPECT_EQ(aclrtMemset(static_cast<unsigned char*>(y) + 12, 4, 0, 4), ACL_ERROR_RT_PARAM_INVALID)
        << "queued work writes it";
    EXPECT_EQ(aclrtMemcpy2d(x, 8, other.data(), 8, 4, 2, ACL_MEMCPY_HOST_TO_DEVICE),
              ACL_ERROR_RT_PARAM_INVALID);
    (void)ToHost(x, 4);  // reading is no harm
    (void)ToHost(y, 4);  // and gives old bytes
  }
  ToDevice(y, other);  // the queue is done with it
  ToDevice(x, std::vector<float>{1, 2, 3, 4});
  ASSERT_EQ(aclmdlExecute(id, input.get(), output.get()), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));
}

TEST_F(Trap06, TheRestOfABlockMayBeWrittenMeanwhile) {
  auto* block = static_cast<unsigned char*>(Device(256));
  auto* host = static_cast<unsigned char*>(Pinned(64));
  std::fill(host, host + 64, static_cast<unsigned char>(5));
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(aclrtMemcpyAsync(block + 64, 64, host, 64, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
              ACL_SUCCESS);
    EXPECT_EQ(aclrtMemset(block, 64, 1, 64), ACL_SUCCESS) << Message();
    EXPECT_EQ(aclrtMemset(block + 128, 64, 1, 64), ACL_SUCCESS) << Message();
    if (IsHostacl()) {
      EXPECT_EQ(aclrtMemset(block, 128, 1, 65), ACL_ERROR_RT_PARAM_INVALID);
      EXPECT_EQ(aclrtMemset(block + 127, 64, 1, 2), ACL_ERROR_RT_PARAM_INVALID);
    }
  }
  EXPECT_EQ(ToHost<unsigned char>(block + 64, 64), std::vector<unsigned char>(64, 5));
}

TEST_F(Trap06, FreeingHostMemoryOfAQueuedCopyIsReported) {
  NEEDS_HOSTACL("a card copies from freed memory");
  void* device = Device(64);
  auto* host = static_cast<unsigned char*>(Pinned(64));
  std::fill(host, host + 64, static_cast<unsigned char>(5));
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(aclrtMemcpyAsync(device, 64, host, 64, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
              ACL_SUCCESS);
    EXPECT_EQ(aclrtFreeHost(host), ACL_ERROR_RT_PARAM_INVALID);
    EXPECT_NE(Message().find("queued"), std::string::npos);
  }
  EXPECT_EQ(aclrtFreeHost(host), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost<unsigned char>(device, 64), std::vector<unsigned char>(64, 5));
}

size_t FreeBytes(size_t* total) {
  size_t free = 0;
  EXPECT_EQ(aclrtGetMemInfo(ACL_DDR_MEM, &free, total), ACL_SUCCESS) << Message();
  if (*total == 0) {
    EXPECT_EQ(aclrtGetMemInfo(ACL_HBM_MEM, &free, total), ACL_SUCCESS) << Message();
  }
  return free;
}

TEST_F(Trap07, MemoryInfoShrinksAndExhaustionGives207001) {
  size_t total = 0;
  const size_t before = FreeBytes(&total);
  EXPECT_GT(total, 0u);
  EXPECT_LE(before, total);
  constexpr size_t kBig = size_t{8} << 20;
  void* block = Device(kBig);
  EXPECT_LE(FreeBytes(&total) + kBig, before);
  EXPECT_EQ(aclrtFree(block), ACL_SUCCESS);
  void* too_big = nullptr;
  EXPECT_EQ(aclrtMalloc(&too_big, total + kBig, ACL_MEM_MALLOC_HUGE_FIRST),
            ACL_ERROR_RT_MEMORY_ALLOCATION);
}

TEST_F(Trap07, TheTotalIsConfigurableAndComesBackAfterExhaustion) {
  NEEDS_HOSTACL("HOSTACL_DEVICE_MEMORY_MIB");
  Restart({{"HOSTACL_DEVICE_MEMORY_MIB", "16"}});
  size_t total = 0;
  EXPECT_LE(FreeBytes(&total), size_t{16} << 20);
  EXPECT_EQ(total, size_t{16} << 20);
  std::vector<void*> blocks;
  void* block = nullptr;
  aclError last = ACL_SUCCESS;
  while (blocks.size() < 64) {
    last = aclrtMalloc(&block, size_t{1} << 20, ACL_MEM_MALLOC_HUGE_FIRST);
    if (last != ACL_SUCCESS) break;
    blocks.push_back(block);
  }
  EXPECT_EQ(last, ACL_ERROR_RT_MEMORY_ALLOCATION);
  EXPECT_GE(blocks.size(), 14u);
  EXPECT_LE(blocks.size(), 16u);
  ASSERT_FALSE(blocks.empty());
  EXPECT_EQ(aclrtFree(blocks.back()), ACL_SUCCESS);
  EXPECT_EQ(aclrtMalloc(&block, size_t{1} << 20, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS);
}

}  // namespace
}  // namespace conformance
