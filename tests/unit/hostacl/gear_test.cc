// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

class GearTest : public AclTest {
 protected:
  void SetUp() override {
    AclTest::SetUp();
    id_ = Load({.gears = {1, 2, 4}});
    x_ = Device(kMost);
    y_ = Device(kMost);
    gear_ = Device(8);
    input_ = DatasetOf({{x_, kMost}, {gear_, 8}});
    output_ = DatasetOf({{y_, kMost}});
  }

  static constexpr size_t kMost = 4 * 4 * sizeof(float);
  uint32_t id_ = 0;
  void* x_ = nullptr;
  void* y_ = nullptr;
  void* gear_ = nullptr;
  aclmdlDataset* input_ = nullptr;
  aclmdlDataset* output_ = nullptr;
};

TEST_F(GearTest, DescriptionShowsTheLargestGear) {
  aclmdlDesc* desc = aclmdlCreateDesc();
  ASSERT_EQ(aclmdlGetDesc(desc, id_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetNumInputs(desc), 2u);
  size_t index = 0;
  ASSERT_EQ(aclmdlGetInputIndexByName(desc, ACL_DYNAMIC_TENSOR_NAME, &index), ACL_SUCCESS);
  EXPECT_EQ(index, 1u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc, 0), kMost);
  EXPECT_EQ(aclmdlGetOutputSizeByIndex(desc, 0), kMost);
  aclmdlIODims dims;
  ASSERT_EQ(aclmdlGetCurOutputDims(desc, 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dims[0], 4);
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 1, 2), ACL_SUCCESS);
  ASSERT_EQ(aclmdlGetCurOutputDims(desc, 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dims[0], 2);
  ASSERT_EQ(aclmdlGetOutputDims(desc, 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dims[0], 4);
  ASSERT_EQ(aclmdlGetInputDims(desc, 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dims[0], -1);
  aclmdlBatch batch;
  ASSERT_EQ(aclmdlGetDynamicBatch(desc, &batch), ACL_SUCCESS);
  EXPECT_EQ(batch.batchCount, 3u);
  EXPECT_EQ(batch.batch[2], 4u);
}

TEST_F(GearTest, SmallGearLeavesAPoisonedTail) {
  ToDevice(x_, std::vector<float>(16, 1.0f));
  ToDevice(y_, std::vector<float>(16, 77.0f));
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 1, 2), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecuteAsync(id_, input_, output_, stream_), ACL_SUCCESS);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  unsigned char bytes[kMost] = {};
  ASSERT_EQ(aclrtMemcpy(bytes, kMost, y_, kMost, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y_, 8), std::vector<float>(8, 3.0f));
  for (size_t i = kMost / 2; i < kMost; ++i) EXPECT_EQ(bytes[i], 0xCD) << i;
}

TEST_F(GearTest, EveryGearComputes) {
  for (const size_t batch : {size_t{4}, size_t{1}, size_t{2}}) {
    ToDevice(x_, std::vector<float>(16, static_cast<float>(batch)));
    ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 1, batch), ACL_SUCCESS);
    ASSERT_EQ(aclmdlExecute(id_, input_, output_), ACL_SUCCESS);
    EXPECT_EQ(ToHost(y_, batch * 4),
              std::vector<float>(batch * 4, 2.0f * static_cast<float>(batch) + 1));
  }
}

TEST_F(GearTest, SettersRefuseWhatIsWrong) {
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 1, 0), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, nullptr, 1, 1), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 0, 1), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 1, 3), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, DatasetOf({{x_, kMost}, {nullptr, 8}}), 1, 1),
            ACL_ERROR_GE_DYNAMIC_INPUT_ADDR_INVALID);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, DatasetOf({{x_, kMost}, {gear_, 2}}), 1, 1),
            ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID);
  const uint32_t fixed = Load({});
  EXPECT_EQ(aclmdlSetDynamicBatchSize(fixed, DatasetOf({{x_, 16}}), 0, 1),
            ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
}

TEST_F(GearTest, GearNeverSetIsRefused) {
  EXPECT_EQ(aclmdlExecute(id_, input_, output_), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
}

TEST_F(GearTest, BuffersMustHoldTheGearWithoutSlack) {
  aclmdlDataset* input = DatasetOf({{x_, 32}, {gear_, 8}});
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input, 1, 2), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecute(id_, input, output_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecute(id_, input, DatasetOf({{y_, 31}})), ACL_ERROR_GE_PARAM_INVALID);
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input, 1, 4), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecute(id_, input, output_), ACL_ERROR_GE_PARAM_INVALID);
}

TEST_F(GearTest, OverwrittenGearBufferFailsAtTheNextSynchronisationAndSticks) {
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 1, 2), ACL_SUCCESS);
  ASSERT_EQ(aclrtMemset(gear_, 8, 0, 8), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecuteAsync(id_, input_, output_, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_MODEL_EXECUTE);
  EXPECT_NE(Message().find(ACL_DYNAMIC_TENSOR_NAME), std::string::npos);
  // Later work still runs, and the context stays faulty.
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 1, 1), ACL_SUCCESS);
  ToDevice(x_, std::vector<float>(4, 1.0f));
  ASSERT_EQ(aclmdlExecuteAsync(id_, input_, output_, stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_MODEL_EXECUTE);
  EXPECT_EQ(ToHost(y_, 4), std::vector<float>(4, 3.0f));
}

}  // namespace
}  // namespace hostacl::testing
