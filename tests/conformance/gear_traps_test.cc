// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 24 to 27 and 30: models with gears.
#include <algorithm>

#include "session.h"
#include "stream_gate.h"

namespace conformance {
namespace {

// The model `batches`: y = 2x + 1 over [-1, 4] with the gears 1, 2 and 4.
class Gears : public Session {
 protected:
  void SetUp() override {
    Session::SetUp();
    id_ = Load("batches");
    Description desc(id_);
    gear_bytes_ = aclmdlGetInputSizeByIndex(desc.get(), 1);
    ASSERT_GE(gear_bytes_, sizeof(uint32_t));
    x_ = Device(kMost);
    y_ = Device(kMost);
    gear_ = Device(gear_bytes_);
  }
  Dataset Input(size_t size = kMost) { return Dataset({{x_, size}, {gear_, gear_bytes_}}); }
  Dataset Output(size_t size = kMost) { return Dataset({{y_, size}}); }

  static constexpr size_t kMost = 4 * 4 * sizeof(float);
  uint32_t id_ = 0;
  size_t gear_bytes_ = 0;
  void* x_ = nullptr;
  void* y_ = nullptr;
  void* gear_ = nullptr;
};

using Trap24 = Gears;
using Trap25 = Gears;
using Trap26 = Gears;
using Trap27 = Gears;
using Trap30 = Gears;

TEST_F(Trap24, TheGearIsALastInputAndIsKeptInTheDatasetAndTheBuffer) {
  Description desc(id_);
  ASSERT_EQ(aclmdlGetNumInputs(desc.get()), 2u);
  size_t index = 99;
  ASSERT_EQ(aclmdlGetInputIndexByName(desc.get(), ACL_DYNAMIC_TENSOR_NAME, &index), ACL_SUCCESS);
  EXPECT_EQ(index, 1u);
  EXPECT_STREQ(aclmdlGetInputNameByIndex(desc.get(), 1), ACL_DYNAMIC_TENSOR_NAME);
  const Dataset input = Input();
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input.get(), index, 2), ACL_SUCCESS) << Message();
  if (gear_bytes_ >= sizeof(uint64_t)) {
    EXPECT_EQ(ToHost<uint64_t>(gear_, 1)[0], 2u);
  } else {
    EXPECT_EQ(ToHost<uint32_t>(gear_, 1)[0], 2u);
  }
  const Dataset narrow({{x_, kMost}, {gear_, sizeof(uint32_t)}});  // then it is one uint32
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, narrow.get(), index, 4), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost<uint32_t>(gear_, 1)[0], 4u);
}

TEST_F(Trap24, AGearBufferOnTheHostIsRefused) {
  NEEDS_HOSTACL("a card's answer is not documented");
  uint64_t host = 0;
  const Dataset input({{x_, kMost}, {&host, sizeof host}});
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, input.get(), 1, 2),
            ACL_ERROR_GE_DYNAMIC_INPUT_ADDR_INVALID);
}

TEST_F(Trap24, OneGearBufferInTwoCallsInFlightIsReported) {
  NEEDS_HOSTACL("a card runs the first call at the second call's gear");
  const uint32_t twin = Load("batches");
  const Dataset first = Input();
  const Dataset first_out = Output();
  void* x = Device(kMost);
  const Dataset second({{x, kMost}, {gear_, gear_bytes_}});
  aclError late = ACL_SUCCESS;
  aclError set = ACL_SUCCESS;
  {
    StreamGate gate(context_, stream_);
    ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, first.get(), 1, 2), ACL_SUCCESS);
    ASSERT_EQ(aclmdlExecuteAsync(id_, first.get(), first_out.get(), stream_), ACL_SUCCESS);
    set = aclmdlSetDynamicBatchSize(twin, second.get(), 1, 4);
    gate.Open();
    late = aclrtSynchronizeStreamWithTimeout(stream_, 30000);
  }
  EXPECT_TRUE(set != ACL_SUCCESS || late == ACL_ERROR_RT_MODEL_EXECUTE) << set << " " << late;
}

TEST_F(Trap25, GearsThatCannotBeSetHaveTheirCodes) {
  const Dataset input = Input();
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, input.get(), 1, 3),
            ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, input.get(), 1, 0), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, nullptr, 1, 2), ACL_ERROR_INVALID_PARAM);
  const Dataset missing({{x_, kMost}, {nullptr, gear_bytes_}});
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, missing.get(), 1, 2),
            ACL_ERROR_GE_DYNAMIC_INPUT_ADDR_INVALID);
  const Dataset small({{x_, kMost}, {gear_, 2}});
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, small.get(), 1, 2),
            ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID);
}

TEST_F(Trap25, AGearThatWasNeverSetIsRefused) {
  NEEDS_HOSTACL("a card may run at the gear of an earlier call");
  const Dataset input = Input();
  const Dataset output = Output();
  EXPECT_EQ(aclmdlExecute(id_, input.get(), output.get()), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
}

TEST_F(Trap25, ImageSizesAndDimsHaveTheirCodesToo) {
  const uint32_t sizes = Load("sizes");  // 2x2 and 4x4
  const uint32_t dims = Load("dims");    // [1, 4] and [2, 8]
  const Dataset input = Input();
  EXPECT_EQ(aclmdlSetDynamicHWSize(sizes, input.get(), 1, 3, 3),
            ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  EXPECT_EQ(aclmdlSetDynamicHWSize(sizes, input.get(), 1, 0, 2), ACL_ERROR_INVALID_PARAM);
  aclmdlIODims wanted = {};
  wanted.dimCount = 2;
  wanted.dims[0] = 1;
  wanted.dims[1] = 8;  // no combination of the list
  EXPECT_EQ(aclmdlSetInputDynamicDims(dims, input.get(), 1, &wanted),
            ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  wanted.dimCount = 1;
  EXPECT_EQ(aclmdlSetInputDynamicDims(dims, input.get(), 1, &wanted),
            ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID);
  EXPECT_EQ(aclmdlSetInputDynamicDims(dims, input.get(), 1, nullptr), ACL_ERROR_INVALID_PARAM);
}

TEST_F(Trap26, SizesAreThoseOfTheLargestGearAndCurrentDimsFollowTheGear) {
  Description desc(id_);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc.get(), 0), kMost);
  EXPECT_EQ(aclmdlGetOutputSizeByIndex(desc.get(), 0), kMost);
  aclmdlIODims dims;
  ASSERT_EQ(aclmdlGetCurOutputDims(desc.get(), 0, &dims), ACL_SUCCESS) << Message();
  EXPECT_EQ(dims.dims[0], 4);
  const Dataset input = Input();
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input.get(), 1, 2), ACL_SUCCESS);
  ASSERT_EQ(aclmdlGetCurOutputDims(desc.get(), 0, &dims), ACL_SUCCESS);
  ASSERT_EQ(dims.dimCount, 2u);
  EXPECT_EQ(dims.dims[0], 2);
  EXPECT_EQ(dims.dims[1], 4);
  ASSERT_EQ(aclmdlGetOutputDims(desc.get(), 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dims[0], 4);
  ASSERT_EQ(aclmdlGetInputDims(desc.get(), 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dims[0], -1);
  aclmdlBatch batch;
  ASSERT_EQ(aclmdlGetDynamicBatch(desc.get(), &batch), ACL_SUCCESS);
  ASSERT_EQ(batch.batchCount, 3u);
  EXPECT_EQ(batch.batch[0] + batch.batch[1] + batch.batch[2], 7u);
  const uint32_t fixed = Load("linear");
  Description fixed_desc(fixed);
  ASSERT_EQ(aclmdlGetDynamicBatch(fixed_desc.get(), &batch), ACL_SUCCESS);
  EXPECT_EQ(batch.batchCount, 0u);
}

TEST_F(Trap26, ImageSizesAndDimsAreListed) {
  Description sizes(Load("sizes"));
  aclmdlHW hw;
  ASSERT_EQ(aclmdlGetDynamicHW(sizes.get(), static_cast<size_t>(-1), &hw), ACL_SUCCESS)
      << Message();
  ASSERT_EQ(hw.hwCount, 2u);
  EXPECT_EQ(hw.hw[0][0] + hw.hw[1][0], 6u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(sizes.get(), 0), 64u);
  Description dims(Load("dims"));
  size_t count = 0;
  ASSERT_EQ(aclmdlGetInputDynamicGearCount(dims.get(), static_cast<size_t>(-1), &count),
            ACL_SUCCESS)
      << Message();
  ASSERT_EQ(count, 2u);
  aclmdlIODims gears[2];
  ASSERT_EQ(aclmdlGetInputDynamicDims(dims.get(), static_cast<size_t>(-1), gears, 2), ACL_SUCCESS);
  EXPECT_EQ(gears[0].dimCount, 2u);
  EXPECT_EQ(gears[0].dims[0] + gears[1].dims[0], 3);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(dims.get(), 0), 64u);
}

TEST_F(Trap27, BuffersMustHoldTheChosenGear) {
  NEEDS_HOSTACL("a card reads and writes over the end of the buffer");
  const Dataset small_input = Input(32);
  const Dataset output = Output();
  const Dataset small_output = Output(31);
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, small_input.get(), 1, 2), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecute(id_, small_input.get(), output.get()), ACL_SUCCESS) << Message();
  EXPECT_EQ(aclmdlExecute(id_, small_input.get(), small_output.get()), ACL_ERROR_GE_PARAM_INVALID);
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, small_input.get(), 1, 4), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecute(id_, small_input.get(), output.get()), ACL_ERROR_GE_PARAM_INVALID);
}

TEST_F(Trap27, ASmallGearLeavesTheOutputsTailUndefined) {
  const Dataset input = Input();
  const Dataset output = Output();
  ToDevice(x_, std::vector<float>(16, 1.0f));
  ToDevice(y_, std::vector<float>(16, 77.0f));
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id_, input.get(), 1, 2), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecute(id_, input.get(), output.get()), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost(y_, 8), std::vector<float>(8, 3.0f));
  const std::vector<unsigned char> all = ToHost<unsigned char>(y_, kMost);
  EXPECT_NE(ToHost(y_, 16), std::vector<float>(16, 3.0f));
  if (IsHostacl()) {
    EXPECT_TRUE(std::all_of(all.begin() + kMost / 2, all.end(),
                            [](unsigned char b) { return b == kPoison; }));
  }
}

// True dynamic shapes: the description knows no size, the dataset carries the shape.
TEST_F(Trap26, AnOpenInputHasTheSizeZeroUntilItsShapeIsTold) {
  const uint32_t open = Load("open");
  const Description desc(open);
  EXPECT_EQ(aclmdlGetNumInputs(desc.get()), 1u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc.get(), 0), 0u);
  EXPECT_EQ(aclmdlGetOutputSizeByIndex(desc.get(), 0), 0u);
  aclmdlIODims dims;
  ASSERT_EQ(aclmdlGetInputDims(desc.get(), 0, &dims), ACL_SUCCESS) << Message();
  EXPECT_EQ(dims.dims[0], -1);
  for (const int64_t rows : {3, 1}) {
    const auto count = static_cast<size_t>(rows) * 4;
    const Dataset input({{x_, count * 4}});
    const Dataset output({{y_, kMost}});
    ToDevice(x_, std::vector<float>(count, 1));
    EXPECT_REFUSED(aclmdlExecute(open, input.get(), output.get()), ACL_ERROR_GE_SHAPE_INVALID);
    const int64_t shape[] = {rows, 4};
    aclTensorDesc* told = aclCreateTensorDesc(ACL_FLOAT, 2, shape, ACL_FORMAT_ND);
    ASSERT_EQ(aclmdlSetDatasetTensorDesc(input.get(), told, 0), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclmdlExecute(open, input.get(), output.get()), ACL_SUCCESS) << Message();
    EXPECT_EQ(ToHost(y_, count), std::vector<float>(count, 3));
    const aclTensorDesc* result = aclmdlGetDatasetTensorDesc(output.get(), 0);
    ASSERT_NE(result, nullptr);
    int64_t first = 0;
    EXPECT_EQ(aclGetTensorDescDimV2(result, 0, &first), ACL_SUCCESS);
    EXPECT_EQ(first, rows);
    aclDestroyTensorDesc(told);
  }
}

TEST_F(Trap30, GearSettersRefuseAModelWithoutTheirGears) {
  const uint32_t fixed = Load("linear");
  const Dataset input = Input();
  // The open engine compares with an empty list of gears; 100019 is documented and never returned.
  const std::initializer_list<aclError> candidates = {ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID};
  EXPECT_TRUE(IsOneOf(aclmdlSetDynamicBatchSize(fixed, input.get(), 0, 1), candidates));
  EXPECT_TRUE(IsOneOf(aclmdlSetDynamicHWSize(fixed, input.get(), 0, 2, 2), candidates));
  aclmdlIODims dims = {};
  dims.dimCount = 2;
  dims.dims[0] = 1;
  dims.dims[1] = 4;
  EXPECT_REFUSED(aclmdlSetInputDynamicDims(fixed, input.get(), 0, &dims),
                 ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  // Gears of another kind.
  EXPECT_TRUE(IsOneOf(aclmdlSetDynamicHWSize(id_, input.get(), 1, 2, 2), candidates));
}

TEST_F(Trap30, EveryCallOnAnUnloadedModelSaysSo) {
  ASSERT_EQ(aclmdlUnload(id_), ACL_SUCCESS);
  const Dataset input = Input();
  const Dataset output = Output();
  const std::initializer_list<aclError> candidates = {ACL_ERROR_GE_EXEC_MODEL_ID_INVALID,
                                                      ACL_ERROR_INVALID_MODEL_ID};
  aclmdlDesc* desc = aclmdlCreateDesc();
  aclmdlIODims dims = {};
  dims.dimCount = 2;
  EXPECT_TRUE(IsOneOf(aclmdlGetDesc(desc, id_), candidates));
  EXPECT_TRUE(IsOneOf(aclmdlExecute(id_, input.get(), output.get()), candidates));
  EXPECT_TRUE(IsOneOf(aclmdlExecuteAsync(id_, input.get(), output.get(), stream_), candidates));
  EXPECT_TRUE(IsOneOf(aclmdlSetDynamicBatchSize(id_, input.get(), 1, 1), candidates));
  EXPECT_TRUE(IsOneOf(aclmdlSetDynamicHWSize(id_, input.get(), 1, 2, 2), candidates));
  EXPECT_TRUE(IsOneOf(aclmdlSetInputDynamicDims(id_, input.get(), 1, &dims), candidates));
  EXPECT_TRUE(IsOneOf(aclmdlUnload(id_), candidates));
  EXPECT_EQ(aclmdlDestroyDesc(desc), ACL_SUCCESS);
}

}  // namespace
}  // namespace conformance
