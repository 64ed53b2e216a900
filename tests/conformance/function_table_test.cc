// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Every function: wrong arguments, a thread without a context, a process without aclInit.
#include <algorithm>
#include <memory>
#include <thread>

#include "calls.h"

namespace conformance {
namespace {

class FunctionTable : public Session {
 protected:
  void SetUp() override {
    Session::SetUp();
    good_.device = Device(256);
    good_.host = Pinned(256);
    good_.stream = stream_;
    good_.context = context_;
    ASSERT_EQ(aclrtCreateEvent(&good_.event), ACL_SUCCESS);
    good_.model_path = ModelPath("linear");
    good_.model_bytes = FileContent(good_.model_path);
    good_.model = Load("linear");
    input_ = std::make_unique<Dataset>(std::vector<std::pair<void*, size_t>>{{Device(16), 16}});
    output_ = std::make_unique<Dataset>(std::vector<std::pair<void*, size_t>>{{Device(16), 16}});
    good_.input = input_->get();
    good_.output = output_->get();
  }
  void TearDown() override {
    input_.reset();
    output_.reset();
    Session::TearDown();
  }

  void ExpectCodes(const std::vector<BadCall>& calls) {
    for (const BadCall& call : calls) {
      (void)aclGetRecentErrMsg();
      const aclError code = call.run(good_);
      EXPECT_NE(std::find(call.codes.begin(), call.codes.end(), code), call.codes.end())
          << call.name << " gave " << code;
      if (IsHostacl()) {
        EXPECT_EQ(code, call.codes.front()) << call.name;
        EXPECT_FALSE(Message().empty()) << call.name;
      }
    }
    EXPECT_EQ(aclrtSynchronizeDevice(), ACL_SUCCESS) << "a refused call left work or a fault";
  }

  Arguments good_;
  std::unique_ptr<Dataset> input_;
  std::unique_ptr<Dataset> output_;
};

TEST_F(FunctionTable, DevicesAndContextsRefuseWrongArguments) { ExpectCodes(BadDeviceCalls()); }
TEST_F(FunctionTable, StreamsAndEventsRefuseWrongArguments) { ExpectCodes(BadStreamCalls()); }
TEST_F(FunctionTable, MemoryRefusesWrongArguments) { ExpectCodes(BadMemoryCalls()); }
TEST_F(FunctionTable, ModelsRefuseWrongArguments) { ExpectCodes(BadModelCalls()); }
TEST_F(FunctionTable, DescriptionsRefuseWrongArguments) { ExpectCodes(BadDescriptionCalls()); }

TEST_F(FunctionTable, TensorDescriptionsRefuseWrongArguments) { ExpectCodes(BadTensorDescCalls()); }
TEST_F(FunctionTable, AippRefusesWrongArguments) { ExpectCodes(BadAippCalls()); }

TEST_F(FunctionTable, WhatIsNotSupportedGives207000) {
  NEEDS_HOSTACL("a card may have them");
  for (const GoodCall& call : CallsThatMayBeUnsupported()) {
    EXPECT_EQ(call.run(good_), ACL_ERROR_RT_FEATURE_NOT_SUPPORT) << call.name;
    EXPECT_NE(Message().find(call.name), std::string::npos);
  }
  size_t size = 0;
  EXPECT_EQ(aclmdlGetAippDataSize(1, &size), ACL_ERROR_FEATURE_UNSUPPORTED);
}

TEST_F(FunctionTable, AThreadWithoutAContextGets107002) {
  std::thread([this] {
    for (const GoodCall& call : CallsThatNeedAContext()) {
      EXPECT_EQ(call.run(good_), ACL_ERROR_RT_CONTEXT_NULL) << call.name;
    }
  }).join();
  EXPECT_EQ(aclmdlExecute(good_.model, good_.input, good_.output), ACL_SUCCESS)
      << "a refused call did something: " << Message();
}

TEST(FunctionTableProcess, WithoutInitEveryCallGets100001) {
  IN_CHILD({
    Arguments nothing;
    int memory[64] = {};
    nothing.device = memory;
    nothing.host = memory;
    nothing.stream = memory;
    nothing.event = memory;
    nothing.context = memory;
    nothing.model_path = ModelPath("linear");
    nothing.model_bytes = FileContent(nothing.model_path);
    for (const auto& calls :
         {CallsThatNeedAContext(), CallsThatNeedInitOnly(), CallsThatMayBeUnsupported()}) {
      for (const GoodCall& call : calls) {
        EXPECT_REFUSED(call.run(nothing), ACL_ERROR_UNINITIALIZE) << call.name;
      }
    }
    EXPECT_EQ(aclInit(nullptr), ACL_SUCCESS);
    EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
    for (const auto& calls : {CallsThatNeedAContext(), CallsThatNeedInitOnly()}) {
      for (const GoodCall& call : calls) {
        EXPECT_NE(call.run(nothing), ACL_SUCCESS) << call.name << " after aclFinalize";
      }
    }
  });
}

TEST_F(FunctionTable, GettersOfNothingGiveNothing) {
  EXPECT_EQ(aclGetDataBufferAddr(nullptr), nullptr);
  EXPECT_EQ(aclGetDataBufferSize(nullptr), 0u);
  EXPECT_EQ(aclGetDataBufferSizeV2(nullptr), 0u);
  EXPECT_EQ(aclmdlGetDatasetNumBuffers(nullptr), 0u);
  EXPECT_EQ(aclmdlGetDatasetBuffer(nullptr, 0), nullptr);
  EXPECT_EQ(aclmdlGetDatasetBuffer(good_.input, 9), nullptr);
  EXPECT_EQ(aclmdlGetDatasetTensorDesc(nullptr, 0), nullptr);
  EXPECT_EQ(aclmdlGetNumInputs(nullptr), 0u);
  EXPECT_EQ(aclmdlGetNumOutputs(nullptr), 0u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(nullptr, 0), 0u);
  EXPECT_EQ(aclmdlGetOutputSizeByIndex(nullptr, 0), 0u);
  EXPECT_EQ(aclmdlGetInputDataType(nullptr, 0), ACL_DT_UNDEFINED);
  EXPECT_EQ(aclmdlGetOutputDataType(nullptr, 0), ACL_DT_UNDEFINED);
  EXPECT_EQ(aclmdlGetInputFormat(nullptr, 0), ACL_FORMAT_UNDEFINED);
  EXPECT_EQ(aclmdlGetOutputFormat(nullptr, 0), ACL_FORMAT_UNDEFINED);
  EXPECT_EQ(aclDataTypeSize(ACL_DT_UNDEFINED), 0u);
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, -1, nullptr, ACL_FORMAT_ND), nullptr);
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, 2, nullptr, ACL_FORMAT_ND), nullptr);
  aclDestroyTensorDesc(nullptr);
  aclSetTensorDescName(nullptr, "x");
  EXPECT_EQ(aclGetTensorDescType(nullptr), ACL_DT_UNDEFINED);
  EXPECT_EQ(aclGetTensorDescFormat(nullptr), ACL_FORMAT_UNDEFINED);
  EXPECT_EQ(aclGetTensorDescSize(nullptr), 0u);
  EXPECT_EQ(aclGetTensorDescElementCount(nullptr), 0u);
  EXPECT_EQ(aclGetTensorDescNumDims(nullptr), 0u);
  EXPECT_EQ(aclGetTensorDescDim(nullptr, 0), -1);
  EXPECT_STREQ(aclGetTensorDescName(nullptr), "");
  EXPECT_EQ(aclGetTensorDescAddress(nullptr), nullptr);
  EXPECT_EQ(aclGetTensorDescByIndex(nullptr, 0), nullptr);
  EXPECT_EQ(aclmdlCreateAIPP(0), nullptr);
  EXPECT_EQ(aclmdlGetTensorRealName(nullptr, "x"), nullptr);
  EXPECT_EQ(aclrtGetTaskIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetStreamIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetThreadIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetDeviceIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetErrorCodeFromExceptionInfo(nullptr), 0xFFFFFFFFu);
}

TEST_F(FunctionTable, ATensorDescriptionTellsWhatItWasGiven) {
  const int64_t dims[] = {2, -1};
  aclTensorDesc* desc = aclCreateTensorDesc(ACL_FLOAT16, 2, dims, ACL_FORMAT_NCHW);
  ASSERT_NE(desc, nullptr);
  EXPECT_EQ(aclGetTensorDescType(desc), ACL_FLOAT16);
  EXPECT_EQ(aclGetTensorDescFormat(desc), ACL_FORMAT_NCHW);
  EXPECT_EQ(aclGetTensorDescNumDims(desc), 2u);
  EXPECT_EQ(aclGetTensorDescDim(desc, 1), -1);
  int64_t range[2][ACL_TENSOR_SHAPE_RANGE_NUM] = {{2, 2}, {1, 8}};
  EXPECT_EQ(aclSetTensorShapeRange(desc, 2, range), ACL_SUCCESS);
  int64_t got[ACL_TENSOR_SHAPE_RANGE_NUM] = {};
  EXPECT_EQ(aclGetTensorDescDimRange(desc, 1, ACL_TENSOR_SHAPE_RANGE_NUM, got), ACL_SUCCESS);
  EXPECT_EQ(got[0], 1);
  EXPECT_EQ(got[1], 8);
  const int64_t shape[] = {2, 3};
  EXPECT_EQ(aclSetTensorShape(desc, 2, shape), ACL_SUCCESS);
  EXPECT_EQ(aclGetTensorDescByIndex(desc, 0), desc);
  EXPECT_EQ(aclGetTensorDescAddress(desc), nullptr);
  aclSetTensorDescName(desc, "picture");
  EXPECT_STREQ(aclGetTensorDescName(desc), "picture");
  aclDestroyTensorDesc(desc);
}

// Defined behaviour without a wrong argument: what the rest of the tests does not call.
TEST_F(FunctionTable, RarelyCalledFunctionsWork) {
  aclAppLog(ACL_INFO, __func__, __FILE__, __LINE__, "%s", "a line of the conformance suite");
  aclmdlExeOMDesc parts = {};
  size_t work = 0;
  size_t weight = 0;
  ASSERT_EQ(aclmdlQuerySize(good_.model_path.c_str(), &work, &weight), ACL_SUCCESS) << Message();
  ASSERT_EQ(aclmdlQueryExeOMDesc(good_.model_path.c_str(), &parts), ACL_SUCCESS) << Message();
  EXPECT_EQ(parts.workSize, work);
  EXPECT_EQ(parts.weightSize, weight);
  aclmdlConfigHandle* load = aclmdlCreateConfigHandle();
  ASSERT_NE(load, nullptr);
  EXPECT_EQ(aclmdlDestroyConfigHandle(load), ACL_SUCCESS);
  aclmdlExecConfigHandle* run = aclmdlCreateExecConfigHandle();
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(aclmdlDestroyExecConfigHandle(run), ACL_SUCCESS);
  aclmdlAIPP* aipp = aclmdlCreateAIPP(1);
  ASSERT_NE(aipp, nullptr);
  EXPECT_EQ(aclmdlSetAIPPInputFormat(aipp, ACL_YUV420SP_U8), ACL_SUCCESS);
  EXPECT_EQ(aclmdlSetAIPPSrcImageSize(aipp, 8, 8), ACL_SUCCESS);
  EXPECT_EQ(aclmdlDestroyAIPP(aipp), ACL_SUCCESS);
  EXPECT_EQ(aclrtMemFlush(good_.device, 64), ACL_SUCCESS);
  EXPECT_EQ(aclrtMemInvalidate(good_.device, 64), ACL_SUCCESS);
  EXPECT_EQ(aclrtSetOpWaitTimeout(0), ACL_SUCCESS);
  EXPECT_EQ(aclrtSetOpExecuteTimeOut(0), ACL_SUCCESS);
  uint64_t actual = 0;
  EXPECT_EQ(aclrtSetOpExecuteTimeOutV2(1500000, &actual), ACL_SUCCESS);
  EXPECT_GE(actual, 1500000u);
  EXPECT_EQ(aclrtSetOpExecuteTimeOut(0), ACL_SUCCESS);
  void* host = Pinned(64);
  EXPECT_EQ(aclrtFreeHostWithDevSync(host), ACL_SUCCESS);
}

TEST_F(FunctionTable, TheLastErrorOfAThreadIsKeptAndThenCleared) {
  (void)aclrtGetLastError(ACL_RT_THREAD_LEVEL);
  EXPECT_EQ(aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL), ACL_SUCCESS);
  const aclError code = aclrtFree(nullptr);
  EXPECT_NE(code, ACL_SUCCESS);
  EXPECT_EQ(aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL), code);
  EXPECT_EQ(aclrtGetLastError(ACL_RT_THREAD_LEVEL), code);
  EXPECT_EQ(aclrtGetLastError(ACL_RT_THREAD_LEVEL), ACL_SUCCESS);
}

}  // namespace
}  // namespace conformance
