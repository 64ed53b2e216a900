// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

class ModelConfigTest : public AclTest {
 protected:
  void SetUp() override {
    AclTest::SetUp();
    load_ = aclmdlCreateConfigHandle();
    exec_ = aclmdlCreateExecConfigHandle();
    om_ = LinearOm({});
    path_ = WriteFile("linear.om", om_);
  }
  void TearDown() override {
    EXPECT_EQ(aclmdlDestroyConfigHandle(load_), ACL_SUCCESS);
    EXPECT_EQ(aclmdlDestroyExecConfigHandle(exec_), ACL_SUCCESS);
    AclTest::TearDown();
  }

  template <typename T>
  aclError Set(aclmdlConfigAttr attr, T value) {
    return aclmdlSetConfigOpt(load_, attr, &value, sizeof value);
  }
  template <typename T>
  aclError SetExec(aclmdlExecConfigAttr attr, T value) {
    return aclmdlSetExecConfigOpt(exec_, attr, &value, sizeof value);
  }
  aclError SetType(size_t type) { return Set(ACL_MDL_LOAD_TYPE_SIZET, type); }

  // Loads by the handle and runs the model once.
  void ExpectLoads() {
    uint32_t id = 0;
    ASSERT_EQ(aclmdlLoadWithConfig(load_, &id), ACL_SUCCESS) << Message();
    void* x = Device(16);
    void* y = Device(16);
    ToDevice(x, {1, 2, 3, 4});
    ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}})), ACL_SUCCESS);
    EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));
    EXPECT_EQ(aclmdlUnload(id), ACL_SUCCESS);
  }

  aclmdlConfigHandle* load_ = nullptr;
  aclmdlExecConfigHandle* exec_ = nullptr;
  std::string om_;
  std::string path_;
};

TEST_F(ModelConfigTest, LoadsFromAFileByACopyOfItsPath) {
  ASSERT_EQ(SetType(ACL_MDL_LOAD_FROM_FILE), ACL_SUCCESS);
  std::string path = path_;
  ASSERT_EQ(Set(ACL_MDL_PATH_PTR, path.c_str()), ACL_SUCCESS);
  path.assign(path.size(), '?');
  ASSERT_EQ(Set(ACL_MDL_PRIORITY_INT32, int32_t{3}), ACL_SUCCESS);
  ExpectLoads();
  ExpectLoads();  // a handle serves many loads
}

TEST_F(ModelConfigTest, LoadsFromMemoryAndWithGivenMemory) {
  ASSERT_EQ(SetType(ACL_MDL_LOAD_FROM_MEM), ACL_SUCCESS);
  ASSERT_EQ(Set(ACL_MDL_MEM_ADDR_PTR, om_.data()), ACL_SUCCESS);
  ASSERT_EQ(Set(ACL_MDL_MEM_SIZET, om_.size()), ACL_SUCCESS);
  ExpectLoads();
  ASSERT_EQ(SetType(ACL_MDL_LOAD_FROM_MEM_WITH_MEM), ACL_SUCCESS);
  ASSERT_EQ(Set(ACL_MDL_WORKSPACE_ADDR_PTR, Device(1024)), ACL_SUCCESS);
  ASSERT_EQ(Set(ACL_MDL_WORKSPACE_SIZET, size_t{1024}), ACL_SUCCESS);
  ASSERT_EQ(Set(ACL_MDL_WEIGHT_ADDR_PTR, Device(512)), ACL_SUCCESS);
  ASSERT_EQ(Set(ACL_MDL_WEIGHT_SIZET, size_t{512}), ACL_SUCCESS);
  ExpectLoads();
  ASSERT_EQ(SetType(ACL_MDL_LOAD_FROM_FILE_WITH_MEM), ACL_SUCCESS);
  ASSERT_EQ(Set(ACL_MDL_PATH_PTR, path_.c_str()), ACL_SUCCESS);
  ExpectLoads();
  ASSERT_EQ(Set(ACL_MDL_WORKSPACE_SIZET, size_t{1023}), ACL_SUCCESS);
  uint32_t id = 0;
  EXPECT_NE(aclmdlLoadWithConfig(load_, &id), ACL_SUCCESS);  // too small
}

TEST_F(ModelConfigTest, BadOptionsAreRefused) {
  uint32_t id = 0;
  EXPECT_EQ(aclmdlLoadWithConfig(load_, &id), ACL_ERROR_INVALID_PARAM);  // no load type
  ASSERT_EQ(SetType(ACL_MDL_LOAD_FROM_FILE), ACL_SUCCESS);
  EXPECT_EQ(aclmdlLoadWithConfig(load_, &id), ACL_ERROR_INVALID_PARAM);  // no path
  ASSERT_EQ(SetType(ACL_MDL_LOAD_FROM_MEM), ACL_SUCCESS);
  EXPECT_EQ(aclmdlLoadWithConfig(load_, &id), ACL_ERROR_INVALID_PARAM);  // no memory
  EXPECT_EQ(SetType(0), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(SetType(7), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(Set(ACL_MDL_LOAD_TYPE_SIZET, int32_t{1}), ACL_ERROR_INVALID_PARAM);  // four bytes
  EXPECT_EQ(Set(ACL_MDL_PRIORITY_INT32, int32_t{8}), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(Set(ACL_MDL_PRIORITY_INT32, int32_t{-1}), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(Set<const char*>(ACL_MDL_PATH_PTR, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(Set(ACL_MDL_WORKSPACE_MEM_OPTIMIZE, size_t{2}), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(Set(static_cast<aclmdlConfigAttr>(99), size_t{1}), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetConfigOpt(load_, ACL_MDL_PATH_PTR, nullptr, 8), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetConfigOpt(nullptr, ACL_MDL_PATH_PTR, &id, 8), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlLoadWithConfig(load_, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlLoadWithConfig(nullptr, &id), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlDestroyConfigHandle(nullptr), ACL_ERROR_INVALID_PARAM);
}

TEST_F(ModelConfigTest, QueuesAndExecutableModelsAreNotSupported) {
  uint32_t id = 0;
  EXPECT_EQ(Set(ACL_MDL_INPUTQ_NUM_SIZET, size_t{1}), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
  EXPECT_EQ(Set(ACL_MDL_FIFO_SIZET, size_t{1}), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
  for (const size_t type : {ACL_MDL_LOAD_FROM_FILE_WITH_Q, ACL_MDL_LOAD_FROM_MEM_WITH_Q}) {
    ASSERT_EQ(SetType(type), ACL_SUCCESS);
    EXPECT_EQ(aclmdlLoadWithConfig(load_, &id), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
  }
  EXPECT_EQ(aclmdlLoadFromFileWithQ(path_.c_str(), &id, nullptr, 0, nullptr, 0),
            ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
  EXPECT_EQ(aclmdlLoadFromMemWithQ(om_.data(), om_.size(), &id, nullptr, 0, nullptr, 0),
            ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
}

TEST_F(ModelConfigTest, ExecuteV2WaitsForItsResult) {
  const uint32_t id = Load({});
  void* x = Device(16);
  void* y = Device(16);
  ToDevice(x, {1, 2, 3, 4});
  const auto run = [&] {
    return aclmdlExecuteV2(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}}), stream_, exec_);
  };
  ASSERT_EQ(run(), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));
  ASSERT_EQ(SetExec(ACL_MDL_WORK_ADDR_PTR, Device(1024)), ACL_SUCCESS);
  ASSERT_EQ(SetExec(ACL_MDL_WORK_SIZET, size_t{1024}), ACL_SUCCESS);
  EXPECT_EQ(run(), ACL_SUCCESS);
  ASSERT_EQ(SetExec(ACL_MDL_WORK_SIZET, size_t{1023}), ACL_SUCCESS);
  EXPECT_EQ(run(), ACL_ERROR_GE_PARAM_INVALID);
  ASSERT_EQ(SetExec(ACL_MDL_WORK_SIZET, size_t{1025}), ACL_SUCCESS);
  EXPECT_EQ(run(), ACL_ERROR_GE_PARAM_INVALID);  // leaves its allocation
  EXPECT_EQ(aclmdlExecuteV2(id, nullptr, nullptr, stream_, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlExecuteV2(id + 1, nullptr, nullptr, stream_, exec_),
            ACL_ERROR_GE_EXEC_MODEL_ID_INVALID);
}

TEST_F(ModelConfigTest, ExecuteV2GivesUpAfterItsTimeout) {
  const uint32_t id = Load({});
  void* x = Device(16);
  void* y = Device(16);
  const auto self = static_cast<uint64_t>(pthread_self());
  ASSERT_EQ(aclrtSubscribeReport(self, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtLaunchCallback([](void*) {}, nullptr, ACL_CALLBACK_BLOCK, stream_), ACL_SUCCESS);
  ASSERT_EQ(SetExec(ACL_MDL_STREAM_SYNC_TIMEOUT, int32_t{20}), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecuteV2(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}}), stream_, exec_),
            ACL_ERROR_RT_STREAM_SYNC_TIMEOUT);
  EXPECT_EQ(aclrtFree(x), ACL_ERROR_RT_PARAM_INVALID);  // still in use
  ASSERT_EQ(aclrtProcessReport(20000), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(x), ACL_SUCCESS);
}

TEST_F(ModelConfigTest, ExecuteAsyncV2Queues) {
  const uint32_t id = Load({});
  void* x = Device(16);
  void* y = Device(16);
  ToDevice(x, {1, 2, 3, 4});
  ASSERT_EQ(aclmdlExecuteAsyncV2(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}}), stream_, exec_),
            ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));
  EXPECT_EQ(aclmdlExecuteAsyncV2(id, nullptr, nullptr, stream_, nullptr), ACL_ERROR_INVALID_PARAM);
}

TEST_F(ModelConfigTest, BadExecOptionsAreRefused) {
  EXPECT_EQ(SetExec(ACL_MDL_STREAM_SYNC_TIMEOUT, int32_t{0}), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(SetExec(ACL_MDL_EVENT_SYNC_TIMEOUT, int32_t{-2}), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(SetExec(ACL_MDL_EVENT_SYNC_TIMEOUT, int64_t{5}), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(SetExec(ACL_MDL_EVENT_SYNC_TIMEOUT, int32_t{-1}), ACL_SUCCESS);
  EXPECT_EQ(SetExec(ACL_MDL_AICQOS_SIZET, size_t{1}), ACL_ERROR_RT_FEATURE_NOT_SUPPORT);
  EXPECT_EQ(SetExec(static_cast<aclmdlExecConfigAttr>(77), size_t{1}), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetExecConfigOpt(exec_, ACL_MDL_WORK_SIZET, nullptr, 8), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlDestroyExecConfigHandle(nullptr), ACL_ERROR_INVALID_PARAM);
}

TEST_F(ModelConfigTest, DescriptionsNeedNoLoad) {
  aclmdlDesc* desc = aclmdlCreateDesc();
  ASSERT_EQ(aclmdlGetDescFromFile(desc, path_.c_str()), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetNumInputs(desc), 1u);
  EXPECT_STREQ(aclmdlGetOutputNameByIndex(desc, 0), "Add:0:y");
  const std::string gears = LinearOm({.gears = {1, 4}});
  ASSERT_EQ(aclmdlGetDescFromMem(desc, gears.data(), gears.size()), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetNumInputs(desc), 2u);
  EXPECT_EQ(aclmdlGetDescFromFile(desc, "/nowhere.om"), ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID);
  EXPECT_EQ(aclmdlGetDescFromFile(desc, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlGetDescFromMem(desc, nullptr, 8), ACL_ERROR_INVALID_PARAM);
  EXPECT_NE(aclmdlGetDescFromMem(desc, "not a model", 11), ACL_SUCCESS);
  aclmdlIODimsRange range;
  EXPECT_EQ(aclmdlGetInputDimsRange(desc, 0, &range), ACL_SUCCESS);
  EXPECT_EQ(range.rangeCount, 0u);
  EXPECT_EQ(aclmdlGetInputDimsRange(desc, 9, &range), ACL_ERROR_INVALID_PARAM);
  EXPECT_STREQ(aclmdlGetOpAttr(desc, "Add", ACL_ATTR_NAME_DATA_DUMP_ORIGIN_OP_NAMES), "");
  EXPECT_EQ(aclmdlDestroyDesc(desc), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetDescFromFile(desc, path_.c_str()), ACL_ERROR_INVALID_PARAM);
}

TEST_F(ModelConfigTest, LongTensorNamesAreShortenedAndFoundAgain) {
  OmModel om;
  ASSERT_EQ(DecodeOm(om_, /*with_graph=*/true, &om).code, ACL_SUCCESS);
  const std::string fits(127, 'a');
  const std::string too_long(128, 'b');
  om.inputs[0].name = too_long;
  om.outputs[0].name = fits;
  const std::string bytes = EncodeOm(om);
  aclmdlDesc* desc = aclmdlCreateDesc();
  ASSERT_EQ(aclmdlGetDescFromMem(desc, bytes.data(), bytes.size()), ACL_SUCCESS);
  aclmdlIODims dims;
  ASSERT_EQ(aclmdlGetInputDims(desc, 0, &dims), ACL_SUCCESS);
  EXPECT_STREQ(dims.name, "acl_modelId_0_input_0");
  EXPECT_STREQ(aclmdlGetTensorRealName(desc, dims.name), too_long.c_str());
  EXPECT_STREQ(aclmdlGetTensorRealName(desc, too_long.c_str()), too_long.c_str());
  ASSERT_EQ(aclmdlGetOutputDims(desc, 0, &dims), ACL_SUCCESS);
  EXPECT_STREQ(dims.name, fits.c_str());
  EXPECT_STREQ(aclmdlGetTensorRealName(desc, fits.c_str()), fits.c_str());
  EXPECT_EQ(aclmdlGetTensorRealName(desc, "nothing"), nullptr);
  EXPECT_EQ(aclmdlGetTensorRealName(desc, nullptr), nullptr);
  EXPECT_EQ(aclmdlGetTensorRealName(nullptr, "x"), nullptr);
  EXPECT_EQ(aclmdlDestroyDesc(desc), ACL_SUCCESS);
}

}  // namespace
}  // namespace hostacl::testing
