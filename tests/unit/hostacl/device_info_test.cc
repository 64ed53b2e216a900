// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

class DeviceInfoTest : public AclTest {};

TEST_F(DeviceInfoTest, StatusUtilizationAndInfo) {
  aclrtDeviceStatus status = ACL_RT_DEVICE_STATUS_END;
  EXPECT_EQ(aclrtQueryDeviceStatus(0, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_RT_DEVICE_STATUS_NORMAL);
  EXPECT_EQ(aclrtQueryDeviceStatus(99, &status), ACL_ERROR_RT_INVALID_DEVICEID);
  EXPECT_EQ(aclrtQueryDeviceStatus(0, nullptr), ACL_ERROR_INVALID_PARAM);
  aclrtUtilizationInfo use{.cubeUtilization = -1,
                           .vectorUtilization = -1,
                           .aicpuUtilization = -1,
                           .memoryUtilization = -1,
                           .utilizationExtend = nullptr};
  EXPECT_EQ(aclrtGetDeviceUtilizationRate(0, &use), ACL_SUCCESS);
  EXPECT_EQ(use.cubeUtilization, 0);
  EXPECT_EQ(use.memoryUtilization, 0);
  EXPECT_EQ(aclrtGetDeviceUtilizationRate(0, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtGetDeviceUtilizationRate(99, &use), ACL_ERROR_RT_INVALID_DEVICEID);
  use.utilizationExtend = reinterpret_cast<aclrtUtilizationExtendInfo*>(&use);
  EXPECT_EQ(aclrtGetDeviceUtilizationRate(0, &use), ACL_ERROR_INVALID_PARAM);
  int64_t value = 0;
  size_t free = 0;
  size_t total = 0;
  ASSERT_EQ(aclrtGetMemInfo(ACL_DDR_MEM, &free, &total), ACL_SUCCESS);
  EXPECT_EQ(aclrtGetDeviceInfo(0, ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE, &value), ACL_SUCCESS);
  EXPECT_EQ(static_cast<size_t>(value), total);
  for (const aclrtDevAttr attr :
       {ACL_DEV_ATTR_AICPU_CORE_NUM, ACL_DEV_ATTR_AICORE_CORE_NUM, ACL_DEV_ATTR_CUBE_CORE_NUM,
        ACL_DEV_ATTR_VECTOR_CORE_NUM, ACL_DEV_ATTR_L2_CACHE_SIZE}) {
    EXPECT_EQ(aclrtGetDeviceInfo(0, attr, &value), ACL_SUCCESS);
    EXPECT_GT(value, 0);
  }
  EXPECT_EQ(aclrtGetDeviceInfo(0, ACL_DEV_ATTR_SUPER_POD_ID, &value),
            ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
  EXPECT_EQ(aclrtGetDeviceInfo(99, ACL_DEV_ATTR_PHY_CHIP_ID, &value),
            ACL_ERROR_RT_INVALID_DEVICEID);
  EXPECT_EQ(aclrtGetDeviceInfo(0, ACL_DEV_ATTR_PHY_CHIP_ID, nullptr), ACL_ERROR_INVALID_PARAM);
  aclrtUuid first;
  aclrtUuid second;
  EXPECT_EQ(aclrtDeviceGetUuid(0, &first), ACL_SUCCESS);
  EXPECT_EQ(aclrtDeviceGetUuid(1, &second), ACL_SUCCESS);
  EXPECT_NE(std::memcmp(&first, &second, sizeof first), 0);
  EXPECT_EQ(aclrtDeviceGetUuid(0, nullptr), ACL_ERROR_INVALID_PARAM);
}

TEST_F(DeviceInfoTest, MemoryInUse) {
  aclrtMemUsageInfo before[2];
  aclrtMemUsageInfo after[2];
  size_t count = 0;
  ASSERT_EQ(aclrtGetMemUsageInfo(0, before, 2, &count), ACL_SUCCESS);
  ASSERT_EQ(count, 1u);
  Device(1 << 20);
  ASSERT_EQ(aclrtGetMemUsageInfo(0, after, 2, &count), ACL_SUCCESS);
  EXPECT_GE(after[0].curMemSize, before[0].curMemSize + (1 << 20));
  EXPECT_EQ(aclrtGetMemUsageInfo(0, after, 0, &count), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtGetMemUsageInfo(0, nullptr, 1, &count), ACL_ERROR_INVALID_PARAM);
}

TEST_F(DeviceInfoTest, OperatorTimeouts) {
  uint64_t actual = 0;
  EXPECT_EQ(aclrtSetOpExecuteTimeOut(5), ACL_SUCCESS);
  EXPECT_EQ(aclrtSetOpExecuteTimeOutV2(1, &actual), ACL_SUCCESS);
  EXPECT_GE(actual, 1u);
  EXPECT_EQ(aclrtSetOpExecuteTimeOutV2(1500000, &actual), ACL_SUCCESS);
  EXPECT_GE(actual, 1500000u);
  EXPECT_EQ(aclrtSetOpExecuteTimeOutV2(0, &actual), ACL_SUCCESS);
  EXPECT_EQ(actual, 1091000000u);
  EXPECT_EQ(aclrtSetOpExecuteTimeOutV2(1, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtSetOpWaitTimeout(0), ACL_SUCCESS);
}

TEST_F(DeviceInfoTest, ForcedResetIgnoresTheCount) {
  ASSERT_EQ(aclrtSetDevice(1), ACL_SUCCESS);
  ASSERT_EQ(aclrtSetDevice(1), ACL_SUCCESS);
  EXPECT_EQ(aclrtResetDeviceForce(1), ACL_SUCCESS);
  EXPECT_EQ(aclrtResetDevice(1), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtResetDeviceForce(99), ACL_ERROR_RT_INVALID_DEVICEID);
}

TEST_F(DeviceInfoTest, ReservedFunctionsAreRefused) {
  constexpr aclError kNo = ACL_ERROR_RT_FEATURE_NOT_SUPPORT;
  size_t size = 0;
  uint32_t cores = 0;
  int64_t value = 0;
  aclrtMemUceInfo uce;
  aclrtErrorInfo error;
  aclrtIpcEventHandle ipc;
  aclrtEvent event = nullptr;
  EXPECT_EQ(aclrtDeviceTaskAbort(0, 0), kNo);
  EXPECT_EQ(aclrtGetMemUceInfo(0, &uce, 1, &size), kNo);
  EXPECT_EQ(aclrtMemUceRepair(0, &uce, 1), kNo);
  EXPECT_EQ(aclrtGetErrorVerbose(0, &error), kNo);
  EXPECT_EQ(aclrtRepairError(0, &error), kNo);
  EXPECT_EQ(aclrtGetSysParamOpt(ACL_OPT_DETERMINISTIC, &value), kNo);
  EXPECT_EQ(aclrtSetSysParamOpt(ACL_OPT_DETERMINISTIC, 1), kNo);
  EXPECT_EQ(aclrtGetDeviceResLimit(0, ACL_RT_DEV_RES_CUBE_CORE, &cores), kNo);
  EXPECT_EQ(aclrtSetDeviceResLimit(0, ACL_RT_DEV_RES_CUBE_CORE, 1), kNo);
  EXPECT_EQ(aclrtResetDeviceResLimit(0), kNo);
  EXPECT_EQ(aclrtGetStreamResLimit(stream_, ACL_RT_DEV_RES_CUBE_CORE, &cores), kNo);
  EXPECT_EQ(aclrtSetStreamResLimit(stream_, ACL_RT_DEV_RES_CUBE_CORE, 1), kNo);
  EXPECT_EQ(aclrtResetStreamResLimit(stream_), kNo);
  EXPECT_EQ(aclrtUseStreamResInCurrentThread(stream_), kNo);
  EXPECT_EQ(aclrtUnuseStreamResInCurrentThread(stream_), kNo);
  EXPECT_EQ(aclrtGetResInCurrentThread(ACL_RT_DEV_RES_CUBE_CORE, &cores), kNo);
  EXPECT_EQ(aclrtValueWrite(nullptr, 1, 0, stream_), kNo);
  EXPECT_EQ(aclrtValueWait(nullptr, 1, 0, stream_), kNo);
  EXPECT_EQ(aclrtIpcGetEventHandle(event, &ipc), kNo);
  EXPECT_EQ(aclrtIpcOpenEventHandle(ipc, &event), kNo);
  EXPECT_EQ(aclrtHostRegisterV2(&size, sizeof size, 0), kNo);
  EXPECT_EQ(aclrtHostUnregister(&size), kNo);
  EXPECT_EQ(aclrtMemcpyBatch(nullptr, nullptr, nullptr, nullptr, 0, nullptr, nullptr, 0, nullptr),
            kNo);
  EXPECT_EQ(aclrtMemcpyBatchAsync(nullptr, nullptr, nullptr, nullptr, 0, nullptr, nullptr, 0,
                                  nullptr, stream_),
            kNo);
}

TEST_F(DeviceInfoTest, StreamsAndEventsEndAtTheirLimits) {
  std::vector<aclrtStream> streams(1983);  // the fixture has one
  for (aclrtStream& stream : streams) ASSERT_EQ(aclrtCreateStream(&stream), ACL_SUCCESS);
  aclrtStream one_more = nullptr;
  EXPECT_EQ(aclrtCreateStream(&one_more), ACL_ERROR_RT_NO_STREAM_RESOURCE);
  EXPECT_EQ(aclrtCreateStreamWithConfig(&one_more, 0, 0), ACL_ERROR_RT_NO_STREAM_RESOURCE);
  ASSERT_EQ(aclrtDestroyStream(streams.back()), ACL_SUCCESS);
  EXPECT_EQ(aclrtCreateStream(&one_more), ACL_SUCCESS);
  std::vector<aclrtEvent> events(65536);
  for (aclrtEvent& event : events) ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  aclrtEvent last = nullptr;
  EXPECT_EQ(aclrtCreateEvent(&last), ACL_ERROR_RT_NO_EVENT_RESOURCE);
  EXPECT_EQ(aclrtCreateEventWithFlag(&last, ACL_EVENT_SYNC), ACL_ERROR_RT_NO_EVENT_RESOURCE);
  ASSERT_EQ(aclrtSetDevice(1), ACL_SUCCESS);  // the limit is the device's
  EXPECT_EQ(aclrtCreateEvent(&last), ACL_SUCCESS);
  ASSERT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
  ASSERT_EQ(aclrtDestroyEvent(events.back()), ACL_SUCCESS);
  EXPECT_EQ(aclrtCreateEvent(&last), ACL_SUCCESS);
}

TEST_F(DeviceInfoTest, EventsByTheirKind) {
  aclrtEvent plain = nullptr;
  aclrtEvent flag = nullptr;
  aclrtEvent ex = nullptr;
  aclrtEvent timed = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&plain), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateEventWithFlag(&flag, ACL_EVENT_SYNC), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateEventWithFlag(&timed, ACL_EVENT_TIME_LINE), ACL_SUCCESS);
  ASSERT_EQ(aclrtCreateEventExWithFlag(&ex, ACL_EVENT_SYNC), ACL_SUCCESS);
  EXPECT_EQ(aclrtCreateEventWithFlag(&plain, ACL_EVENT_EXTERNAL | ACL_EVENT_SYNC),
            ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtCreateEventExWithFlag(&plain, ACL_EVENT_IPC | ACL_EVENT_SYNC),
            ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtResetEvent(plain, stream_), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtResetEvent(timed, stream_), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtResetEvent(ex, stream_), ACL_ERROR_RT_PARAM_INVALID);
  aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_NOT_READY;
  ASSERT_EQ(aclrtRecordEvent(flag, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtQueryEventStatus(flag, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_EVENT_RECORDED_STATUS_COMPLETE);
  ASSERT_EQ(aclrtResetEvent(flag, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtQueryEventStatus(flag, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_EVENT_RECORDED_STATUS_NOT_READY);
  ASSERT_EQ(aclrtRecordEvent(flag, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtQueryEventStatus(flag, &status), ACL_SUCCESS);
  EXPECT_EQ(status, ACL_EVENT_RECORDED_STATUS_COMPLETE);
  aclrtEventStatus old_status = ACL_EVENT_STATUS_RESERVED;
  aclrtEventWaitStatus wait = ACL_EVENT_WAIT_STATUS_RESERVED;
  EXPECT_EQ(aclrtQueryEvent(ex, &old_status), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtQueryEventWaitStatus(ex, &wait), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtQueryEventWaitStatus(flag, nullptr), ACL_ERROR_INVALID_PARAM);
  ASSERT_EQ(aclrtStreamWaitEvent(stream_, flag), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtQueryEventWaitStatus(flag, &wait), ACL_SUCCESS);
  EXPECT_EQ(wait, ACL_EVENT_WAIT_STATUS_COMPLETE);
}

TEST_F(DeviceInfoTest, FailureModeOfTheDefaultStreamDependsOnTheSoc) {
  // The SoC acted by default is one of the 310 class, which takes none.
  EXPECT_EQ(aclrtSetStreamFailureMode(nullptr, ACL_STOP_ON_FAILURE), ACL_ERROR_RT_PARAM_INVALID);
}

}  // namespace
}  // namespace hostacl::testing
