// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

class CopyFormsTest : public AclTest {
 protected:
  static unsigned char ByteAt(const void* device, size_t offset) {
    unsigned char byte = 0;
    EXPECT_EQ(aclrtMemcpy(&byte, 1, static_cast<const char*>(device) + offset, 1,
                          ACL_MEMCPY_DEVICE_TO_HOST),
              ACL_SUCCESS);
    return byte;
  }
};

TEST_F(CopyFormsTest, RowsGoWhereTheirPitchSays) {
  void* device = Device(64);
  ASSERT_EQ(aclrtMemset(device, 64, 0, 64), ACL_SUCCESS);
  const unsigned char rows[] = {1, 2, 3, 4, 5, 6};  // three of width 2
  ASSERT_EQ(aclrtMemcpy2d(device, 16, rows, 2, 2, 3, ACL_MEMCPY_HOST_TO_DEVICE), ACL_SUCCESS);
  EXPECT_EQ(ByteAt(device, 1), 2);
  EXPECT_EQ(ByteAt(device, 2), 0);
  EXPECT_EQ(ByteAt(device, 16), 3);
  EXPECT_EQ(ByteAt(device, 33), 6);
  unsigned char back[6] = {};
  ASSERT_EQ(aclrtMemcpy2d(back, 2, device, 16, 2, 3, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  EXPECT_EQ(std::memcmp(back, rows, 6), 0);
  void* host = nullptr;
  ASSERT_EQ(aclrtMallocHost(&host, 6), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemcpy2dAsync(host, 2, device, 16, 2, 3, ACL_MEMCPY_DEVICE_TO_HOST, stream_),
            ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(std::memcmp(host, rows, 6), 0);
  EXPECT_EQ(aclrtFree(device), ACL_SUCCESS);  // no row holds it
}

TEST_F(CopyFormsTest, RowsAreChecked) {
  char* device = static_cast<char*>(Device(64));
  void* other = Device(64);
  char host[64] = {};
  const auto copy = [&](void* to, size_t to_pitch, const void* from, size_t from_pitch,
                        size_t width, size_t height, aclrtMemcpyKind kind) {
    return aclrtMemcpy2d(to, to_pitch, from, from_pitch, width, height, kind);
  };
  const auto kIn = ACL_MEMCPY_HOST_TO_DEVICE;
  EXPECT_EQ(copy(device, 16, host, 16, 17, 2, kIn), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(copy(device, 16, host, 16, 0, 2, kIn), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(copy(device, 16, host, 16, 8, 0, kIn), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(copy(nullptr, 16, host, 16, 8, 2, kIn), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(copy(device, 16, host, 16, 8, 5, kIn), ACL_ERROR_RT_PARAM_INVALID);  // leaves it
  EXPECT_EQ(copy(device, 16, other, 16, 8, 2, ACL_MEMCPY_DEVICE_TO_DEVICE),
            ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(copy(device, 16, other, 16, 8, 2, ACL_MEMCPY_DEFAULT), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(copy(host, 16, device, 16, 8, 2, kIn), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMemcpy2dAsync(device, 16, host, 16, 8, 2, kIn, stream_),
            ACL_ERROR_RT_PARAM_INVALID);  // pageable
  EXPECT_EQ(aclrtFree(device), ACL_SUCCESS);
}

TEST_F(CopyFormsTest, WithConditionWaitsForPageableMemoryOnly) {
  void* device = Device(64);
  char pageable[64];
  std::memset(pageable, 9, sizeof pageable);
  ASSERT_EQ(
      aclrtMemcpyAsyncWithCondition(device, 64, pageable, 64, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
      ACL_SUCCESS);
  EXPECT_EQ(ByteAt(device, 63), 9);  // without a synchronisation
  void* host = nullptr;
  ASSERT_EQ(aclrtMallocHost(&host, 64), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemcpyAsyncWithCondition(host, 64, device, 64, ACL_MEMCPY_DEVICE_TO_HOST, stream_),
            ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(static_cast<char*>(host)[63], 9);
  EXPECT_EQ(
      aclrtMemcpyAsyncWithCondition(device, 1, pageable, 2, ACL_MEMCPY_HOST_TO_DEVICE, stream_),
      ACL_ERROR_RT_PARAM_INVALID);
}

TEST_F(CopyFormsTest, CopiesWithinTheDeviceNeedAlignedAddressesWhenQueued) {
  char* from = static_cast<char*>(Device(256));
  char* to = static_cast<char*>(Device(256));
  const auto queue = [&](size_t to_offset, size_t from_offset) {
    return aclrtMemcpyAsync(to + to_offset, 64, from + from_offset, 64, ACL_MEMCPY_DEVICE_TO_DEVICE,
                            stream_);
  };
  EXPECT_EQ(queue(64, 128), ACL_SUCCESS);
  EXPECT_EQ(queue(32, 0), ACL_ERROR_RT_ADDR_UNALIGNED);
  EXPECT_EQ(queue(0, 8), ACL_ERROR_RT_ADDR_UNALIGNED);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtMemcpy(to + 32, 64, from + 8, 64, ACL_MEMCPY_DEVICE_TO_DEVICE), ACL_SUCCESS);
}

TEST_F(CopyFormsTest, PoliciesAreChecked) {
  void* memory = nullptr;
  const auto allocate = [&](int policy) {
    const aclError error = aclrtMalloc(&memory, 8, static_cast<aclrtMemMallocPolicy>(policy));
    if (error == ACL_SUCCESS) EXPECT_EQ(aclrtFree(memory), ACL_SUCCESS);
    return error;
  };
  for (int policy = 0; policy <= 7; ++policy) EXPECT_EQ(allocate(policy), ACL_SUCCESS);
  EXPECT_EQ(allocate(ACL_MEM_MALLOC_HUGE_ONLY | ACL_MEM_TYPE_HIGH_BAND_WIDTH), ACL_SUCCESS);
  EXPECT_EQ(allocate(ACL_MEM_TYPE_LOW_BAND_WIDTH | ACL_MEM_ACCESS_USER_SPACE_READONLY),
            ACL_SUCCESS);
  EXPECT_EQ(allocate(8), ACL_ERROR_RT_INVALID_MALLOC_TYPE);
  EXPECT_EQ(allocate(-1), ACL_ERROR_RT_INVALID_MALLOC_TYPE);
  EXPECT_EQ(allocate(0x2000), ACL_ERROR_RT_INVALID_MALLOC_TYPE);
  EXPECT_EQ(allocate(ACL_MEM_TYPE_LOW_BAND_WIDTH | ACL_MEM_TYPE_HIGH_BAND_WIDTH),
            ACL_ERROR_RT_INVALID_MALLOC_TYPE);
  const auto unknown = static_cast<aclrtMemMallocPolicy>(9);
  EXPECT_EQ(aclrtMallocAlign32(&memory, 8, unknown), ACL_ERROR_RT_INVALID_MALLOC_TYPE);
  EXPECT_EQ(aclrtMallocCached(&memory, 8, unknown), ACL_ERROR_RT_INVALID_MALLOC_TYPE);
  EXPECT_EQ(aclrtMallocCached(&memory, 0, ACL_MEM_MALLOC_HUGE_FIRST), ACL_ERROR_INVALID_PARAM);
}

TEST_F(CopyFormsTest, CachedMemoryIsFlushedByItsRange) {
  void* memory = nullptr;
  ASSERT_EQ(aclrtMallocCached(&memory, 64, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS);
  EXPECT_EQ(aclrtMemFlush(memory, 64), ACL_SUCCESS);
  EXPECT_EQ(aclrtMemInvalidate(memory, 64), ACL_SUCCESS);
  EXPECT_EQ(aclrtMemFlush(memory, 65), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMemInvalidate(nullptr, 1), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtMemFlush(memory, 0), ACL_ERROR_INVALID_PARAM);
}

TEST_F(CopyFormsTest, FreesThatWaitLetQueuedWorkEnd) {
  void* device = Device(64);
  void* host = nullptr;
  ASSERT_EQ(aclrtMallocHost(&host, 64), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemcpyAsync(host, 64, device, 64, ACL_MEMCPY_DEVICE_TO_HOST, stream_),
            ACL_SUCCESS);
  EXPECT_EQ(aclrtFreeWithDevSync(device), ACL_SUCCESS);
  EXPECT_EQ(aclrtFreeHostWithDevSync(host), ACL_SUCCESS);
  EXPECT_EQ(aclrtFreeWithDevSync(nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtFreeWithDevSync(device), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtFreeHostWithDevSync(nullptr), ACL_ERROR_INVALID_PARAM);
}

TEST_F(CopyFormsTest, HostMemoryWithAttributes) {
  void* host = nullptr;
  aclrtMallocAttribute attribute{.attr = ACL_RT_MEM_ATTR_MODULE_ID, .value = {.moduleId = 1}};
  aclrtMallocConfig config{.attrs = &attribute, .numAttrs = 1};
  ASSERT_EQ(aclrtMallocHostWithCfg(&host, 64, &config), ACL_SUCCESS);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(host) % 64, 0u);
  EXPECT_EQ(aclrtFreeHost(host), ACL_SUCCESS);
  ASSERT_EQ(aclrtMallocHostWithCfg(&host, 64, nullptr), ACL_SUCCESS);
  EXPECT_EQ(aclrtFreeHost(host), ACL_SUCCESS);
  attribute.attr = ACL_RT_MEM_ATTR_DEVICE_ID;
  EXPECT_EQ(aclrtMallocHostWithCfg(&host, 64, &config), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtMallocHostWithCfg(&host, 0, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtMallocHostWithCfg(nullptr, 8, nullptr), ACL_ERROR_INVALID_PARAM);
}

TEST_F(CopyFormsTest, PointersTellWhatTheyAre) {
  void* host = nullptr;
  ASSERT_EQ(aclrtMallocHost(&host, 64), ACL_SUCCESS);
  aclrtPtrAttributes attributes;
  ASSERT_EQ(aclrtPointerGetAttributes(Device(8), &attributes), ACL_SUCCESS);
  EXPECT_EQ(attributes.location.type, ACL_MEM_LOCATION_TYPE_DEVICE);
  EXPECT_EQ(attributes.location.id, 0u);
  ASSERT_EQ(aclrtPointerGetAttributes(host, &attributes), ACL_SUCCESS);
  EXPECT_EQ(attributes.location.type, ACL_MEM_LOCATION_TYPE_HOST);
  ASSERT_EQ(aclrtPointerGetAttributes(&attributes, &attributes), ACL_SUCCESS);
  EXPECT_EQ(attributes.location.type, ACL_MEM_LOCATION_TYPE_UNREGISTERED);
  EXPECT_EQ(aclrtPointerGetAttributes(nullptr, &attributes), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtPointerGetAttributes(host, nullptr), ACL_ERROR_INVALID_PARAM);
}

TEST_F(CopyFormsTest, MemoryInfoForEveryKind) {
  size_t free = 0;
  size_t total = 0;
  for (int kind = ACL_DDR_MEM; kind <= ACL_HBM_MEM_P2P_HUGE1G; ++kind) {
    EXPECT_EQ(aclrtGetMemInfo(static_cast<aclrtMemAttr>(kind), &free, &total), ACL_SUCCESS);
    EXPECT_GE(total, free);
  }
  EXPECT_EQ(aclrtGetMemInfo(static_cast<aclrtMemAttr>(99), &free, &total),
            ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtGetMemInfo(ACL_DDR_MEM, nullptr, &total), ACL_ERROR_INVALID_PARAM);
}

}  // namespace
}  // namespace hostacl::testing
