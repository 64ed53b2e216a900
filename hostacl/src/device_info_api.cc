// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What acl/acl_rt.h tells about a device, and the limits of its operators.
#include <algorithm>
#include <cstring>
#include <memory>

#include "acl/acl_rt.h"
#include "call.h"
#include "failure.h"
#include "runtime.h"

using hostacl::CallKind;
using hostacl::Context;
using hostacl::Device;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::Runtime;

namespace {

// What a card of the class acted tells; only for programs that look, nothing here computes by it.
constexpr int64_t kCores = 8;
constexpr int64_t kAiCpus = 7;
constexpr int64_t kCacheBytes = int64_t{16} << 20;
// The longest time of an operator, and the step in which a card counts it.
constexpr uint64_t kLongestMicroseconds = uint64_t{1091} * 1000000;
constexpr uint64_t kStepMicroseconds = 1000000;

}  // namespace

aclError aclrtQueryDeviceStatus(int32_t deviceId, aclrtDeviceStatus* deviceStatus) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (deviceStatus == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtQueryDeviceStatus: null argument");
  }
  Device* device = nullptr;
  const bool found =
      deviceId >= 0 && Runtime::Get().DeviceAt(static_cast<uint32_t>(deviceId), &device);
  if (found && device->faults() != nullptr && device->faults()->IsLost(deviceId)) {
    *deviceStatus = ACL_RT_DEVICE_STATUS_ABNORMAL;
    return ACL_SUCCESS;
  }
  if (const aclError error = Runtime::Get().FindDevice(deviceId, &device)) return error;
  *deviceStatus = ACL_RT_DEVICE_STATUS_NORMAL;
  return ACL_SUCCESS;
}

aclError aclrtGetDeviceUtilizationRate(int32_t deviceId, aclrtUtilizationInfo* utilizationInfo) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (utilizationInfo == nullptr || utilizationInfo->utilizationExtend != nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM,
                "aclrtGetDeviceUtilizationRate: null argument, or utilizationExtend is not NULL");
  }
  Device* device = nullptr;
  if (const aclError error = Runtime::Get().FindDevice(deviceId, &device)) return error;
  bool busy = false;
  for (const auto& stream : Runtime::Get().streams().All()) {
    busy = busy || (stream->context()->device() == device && !stream->Idle());
  }
  const size_t total = device->arena().capacity();
  utilizationInfo->cubeUtilization = busy ? 100 : 0;
  utilizationInfo->vectorUtilization = busy ? 100 : 0;
  utilizationInfo->aicpuUtilization = 0;
  utilizationInfo->memoryUtilization =
      static_cast<int32_t>((total - device->arena().free_bytes()) * 100 / total);
  return ACL_SUCCESS;
}

aclError aclrtGetDeviceInfo(uint32_t deviceId, aclrtDevAttr attr, int64_t* value) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (value == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetDeviceInfo: null argument");
  Device* device = nullptr;
  const int32_t id = static_cast<int32_t>(std::min<uint32_t>(deviceId, 0x7FFFFFFF));
  if (const aclError error = Runtime::Get().FindDevice(id, &device)) return error;
  switch (attr) {
    case ACL_DEV_ATTR_AICPU_CORE_NUM:
      *value = kAiCpus;
      return ACL_SUCCESS;
    case ACL_DEV_ATTR_AICORE_CORE_NUM:
    case ACL_DEV_ATTR_CUBE_CORE_NUM:
    case ACL_DEV_ATTR_VECTOR_CORE_NUM:
      *value = kCores;
      return ACL_SUCCESS;
    case ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE:
      *value = static_cast<int64_t>(device->arena().capacity());
      return ACL_SUCCESS;
    case ACL_DEV_ATTR_L2_CACHE_SIZE:
      *value = kCacheBytes;
      return ACL_SUCCESS;
    case ACL_DEV_ATTR_PHY_CHIP_ID:
      *value = device->id();
      return ACL_SUCCESS;
    case ACL_DEV_ATTR_IS_VIRTUAL:
      *value = 0;
      return ACL_SUCCESS;
    default:
      return Fail(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "aclrtGetDeviceInfo: attribute ",
                  static_cast<int>(attr), " is not told");
  }
}

aclError aclrtDeviceGetUuid(int32_t deviceId, aclrtUuid* uuid) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (uuid == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtDeviceGetUuid: null argument");
  Device* device = nullptr;
  if (const aclError error = Runtime::Get().FindDevice(deviceId, &device)) return error;
  *uuid = aclrtUuid{};
  std::memcpy(uuid->bytes, "hostacl", 7);
  uuid->bytes[15] = static_cast<char>(device->id());
  return ACL_SUCCESS;
}

aclError aclrtGetMemUsageInfo(int32_t deviceId, aclrtMemUsageInfo* memUsageInfo, size_t inputNum,
                              size_t* outputNum) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (memUsageInfo == nullptr || outputNum == nullptr || inputNum == 0) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetMemUsageInfo: null argument or no room");
  }
  Device* device = nullptr;
  if (const aclError error = Runtime::Get().FindDevice(deviceId, &device)) return error;
  const uint64_t used = device->arena().capacity() - device->arena().free_bytes();
  *memUsageInfo = aclrtMemUsageInfo{};
  std::strcpy(memUsageInfo->name, "ACL");
  memUsageInfo->curMemSize = used;
  memUsageInfo->memPeakSize = used;
  *outputNum = 1;
  return ACL_SUCCESS;
}

aclError aclrtSetOpExecuteTimeOut(uint32_t timeout) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (const aclError error = Runtime::Get().CheckInitialized()) return error;
  Runtime::Get().op_execute_microseconds().store(
      std::min(uint64_t{timeout} * 1000000, kLongestMicroseconds));
  return ACL_SUCCESS;
}

aclError aclrtSetOpExecuteTimeOutV2(uint64_t timeout, uint64_t* actualTimeout) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (actualTimeout == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtSetOpExecuteTimeOutV2: null argument");
  }
  if (const aclError error = Runtime::Get().CheckInitialized()) return error;
  uint64_t actual = kLongestMicroseconds;
  if (timeout > 0 && timeout < kLongestMicroseconds) {
    actual = (timeout + kStepMicroseconds - 1) / kStepMicroseconds * kStepMicroseconds;
  }
  Runtime::Get().op_execute_microseconds().store(actual);
  *actualTimeout = actual;
  return ACL_SUCCESS;
}
