// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

class ModelTest : public AclTest {
 protected:
  // Loads bytes and unloads them again.
  static aclError TryLoad(const std::string& om) {
    uint32_t id = 0;
    return aclmdlLoadFromMem(om.data(), om.size(), &id);
  }
};

TEST_F(ModelTest, ExecutesInPlaceOfACard) {
  const uint32_t id = Load({});
  void* x = Device(16);
  void* y = Device(16);
  ToDevice(x, {1, 2, 3, 4});
  ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}})), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));
  EXPECT_EQ(aclmdlUnload(id), ACL_SUCCESS);
  EXPECT_EQ(aclmdlUnload(id), ACL_ERROR_GE_EXEC_MODEL_ID_INVALID);
}

TEST_F(ModelTest, AsyncChainsModelsOnOneStream) {
  const uint32_t first = Load({});
  const uint32_t second = Load({.scale = 10});
  void* x = Device(16);
  void* y = Device(16);
  void* z = Device(16);
  ToDevice(x, {1, 2, 3, 4});
  ASSERT_EQ(aclmdlExecuteAsync(first, DatasetOf({{x, 16}}), DatasetOf({{y, 16}}), stream_),
            ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecuteAsync(second, DatasetOf({{y, 16}}), DatasetOf({{z, 16}}), stream_),
            ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(ToHost(z, 4), (std::vector<float>{31, 51, 71, 91}));
}

TEST_F(ModelTest, HalfPrecisionRoundsWeightsInputsAndOutputs) {
  const uint32_t exact = Load({.scale = 1.0001f, .offset = 0});
  const uint32_t half = Load({.scale = 1.0001f, .offset = 0, .half_precision = true});
  void* x = Device(16);
  void* y = Device(16);
  ToDevice(x, {1, 2, 3, 2049});
  ASSERT_EQ(aclmdlExecute(exact, DatasetOf({{x, 16}}), DatasetOf({{y, 16}})), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4)[0], 1.0001f);
  ASSERT_EQ(aclmdlExecute(half, DatasetOf({{x, 16}}), DatasetOf({{y, 16}})), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{1, 2, 3, 2048}));
}

TEST_F(ModelTest, StaticBuffersMayLackSixtyFourBytes) {
  const uint32_t id = Load({.width = 64});  // 256 bytes
  void* x = Device(256);
  void* y = Device(256);
  const auto run = [&](size_t in, size_t out) {
    return aclmdlExecute(id, DatasetOf({{x, in}}), DatasetOf({{y, out}}));
  };
  EXPECT_EQ(run(256, 256), ACL_SUCCESS);
  EXPECT_EQ(run(192, 192), ACL_SUCCESS);
  EXPECT_EQ(run(191, 256), ACL_ERROR_GE_PARAM_INVALID);
  EXPECT_EQ(run(256, 191), ACL_ERROR_GE_PARAM_INVALID);
  EXPECT_EQ(run(512, 256), ACL_ERROR_INVALID_PARAM);  // leaves its allocation
}

TEST_F(ModelTest, BadDatasetsAreRefused) {
  const uint32_t id = Load({});
  void* x = Device(16);
  std::vector<float> host(4);
  aclmdlDataset* good = DatasetOf({{x, 16}});
  EXPECT_EQ(aclmdlExecute(id, nullptr, good), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlExecute(id, DatasetOf({}), good), ACL_ERROR_MODEL_INPUT_NOT_MATCH);
  EXPECT_EQ(aclmdlExecute(id, good, DatasetOf({})), ACL_ERROR_MODEL_OUTPUT_NOT_MATCH);
  EXPECT_EQ(aclmdlExecute(id, DatasetOf({{nullptr, 16}}), good), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlExecute(id, DatasetOf({{host.data(), 16}}), good), ACL_ERROR_INVALID_PARAM);
  EXPECT_NE(Message().find("device memory"), std::string::npos);
  EXPECT_EQ(aclmdlExecute(id + 99, good, good), ACL_ERROR_GE_EXEC_MODEL_ID_INVALID);
  aclDataBuffer* buffer = aclmdlGetDatasetBuffer(good, 0);
  EXPECT_EQ(aclDestroyDataBuffer(buffer), ACL_SUCCESS);
  EXPECT_EQ(aclDestroyDataBuffer(buffer), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlExecute(id, good, DatasetOf({{x, 16}})), ACL_ERROR_INVALID_PARAM);
}

TEST_F(ModelTest, EmptyOutputBufferIsAllocatedForTheCaller) {
  const uint32_t id = Load({});
  void* x = Device(16);
  ToDevice(x, {1, 2, 3, 4});
  aclmdlDataset* out = DatasetOf({{nullptr, 0}});
  ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), out), ACL_SUCCESS);
  void* y = aclGetDataBufferAddr(aclmdlGetDatasetBuffer(out, 0));
  EXPECT_EQ(ToHost(y, 4)[3], 9);
  EXPECT_EQ(aclrtFree(y), ACL_SUCCESS);
}

TEST_F(ModelTest, BrokenFilesHaveTheirCodes) {
  const std::string good = LinearOm({});
  EXPECT_EQ(TryLoad(good), ACL_SUCCESS);
  EXPECT_EQ(TryLoad(good.substr(0, good.size() - 1)), ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID);
  EXPECT_EQ(TryLoad("PK" + good), ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID);
  std::string damaged = good;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_EQ(TryLoad(damaged), ACL_ERROR_READ_MODEL_FAILURE);
  uint32_t id = 0;
  EXPECT_EQ(aclmdlLoadFromFile("/nonexistent.om", &id), ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID);
  OmModel om;
  ASSERT_EQ(DecodeOm(good, true, &om).code, ACL_SUCCESS);
  om.graph = "no onnx";
  EXPECT_EQ(TryLoad(EncodeOm(om)), ACL_ERROR_PARSE_MODEL);
}

TEST_F(ModelTest, LoadsShareWeightsAndCheckSizes) {
  const std::string om = LinearOm({});
  const std::string path = WriteFile("linear.om", om);
  size_t work_size = 0;
  size_t weight_size = 0;
  ASSERT_EQ(aclmdlQuerySize(path.c_str(), &work_size, &weight_size), ACL_SUCCESS);
  void* weight = Device(weight_size);
  void* work[2] = {Device(work_size), Device(work_size)};
  uint32_t ids[2] = {};
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(
        aclmdlLoadFromFileWithMem(path.c_str(), &ids[i], work[i], work_size, weight, weight_size),
        ACL_SUCCESS);
  }
  uint32_t id = 0;
  const auto load = [&](size_t work_bytes, size_t weight_bytes) {
    return aclmdlLoadFromFileWithMem(path.c_str(), &id, work[0], work_bytes, weight, weight_bytes);
  };
  EXPECT_EQ(load(work_size - 1, weight_size), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(load(work_size, weight_size - 1), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtFree(weight), ACL_ERROR_RT_PARAM_INVALID);  // in use by two models
  EXPECT_EQ(aclmdlUnload(ids[0]), ACL_SUCCESS);
  EXPECT_EQ(aclmdlUnload(ids[1]), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(weight), ACL_SUCCESS);
  std::remove(path.c_str());
}

TEST_F(ModelTest, ModelOfAnotherContextIsRefused) {
  const uint32_t id = Load({});
  aclrtContext context = nullptr;
  ASSERT_EQ(aclrtCreateContext(&context, 0), ACL_SUCCESS);
  void* x = Device(16);
  EXPECT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), DatasetOf({{x, 16}})),
            ACL_ERROR_RT_MODEL_CONTEXT);
  EXPECT_EQ(aclmdlUnload(id), ACL_ERROR_RT_MODEL_CONTEXT);
}

TEST_F(ModelTest, DescriptionOfAStaticModel) {
  const uint32_t id = Load({.static_batch = 2});
  aclmdlDesc* desc = aclmdlCreateDesc();
  EXPECT_EQ(aclmdlGetNumInputs(desc), 0u);
  ASSERT_EQ(aclmdlGetDesc(desc, id), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetNumInputs(desc), 1u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc, 0), 32u);
  EXPECT_EQ(aclmdlGetOutputSizeByIndex(desc, 0), 32u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc, 1), 0u);
  EXPECT_STREQ(aclmdlGetInputNameByIndex(desc, 0), "x");
  EXPECT_STREQ(aclmdlGetOutputNameByIndex(desc, 0), "Add:0:y");
  EXPECT_EQ(aclmdlGetInputDataType(desc, 0), ACL_FLOAT);
  size_t index = 9;
  EXPECT_EQ(aclmdlGetInputIndexByName(desc, "x", &index), ACL_SUCCESS);
  EXPECT_EQ(index, 0u);
  EXPECT_EQ(aclmdlGetInputIndexByName(desc, "nothing", &index), ACL_ERROR_INVALID_PARAM);
  aclmdlIODims dims;
  ASSERT_EQ(aclmdlGetOutputDims(desc, 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dimCount, 2u);
  EXPECT_EQ(dims.dims[0], 2);
  aclmdlBatch batch;
  ASSERT_EQ(aclmdlGetDynamicBatch(desc, &batch), ACL_SUCCESS);
  EXPECT_EQ(batch.batchCount, 0u);
  EXPECT_EQ(aclmdlUnload(id), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetNumInputs(desc), 1u);  // the description outlives the model
  EXPECT_EQ(aclmdlDestroyDesc(desc), ACL_SUCCESS);
  EXPECT_EQ(aclmdlDestroyDesc(desc), ACL_ERROR_INVALID_PARAM);
}

}  // namespace
}  // namespace hostacl::testing
