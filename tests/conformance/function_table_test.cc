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
    for (const auto& calls : {CallsThatNeedAContext(), CallsThatNeedInitOnly()}) {
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
  EXPECT_EQ(aclrtGetTaskIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetStreamIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetThreadIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetDeviceIdFromExceptionInfo(nullptr), 0xFFFFFFFFu);
  EXPECT_EQ(aclrtGetErrorCodeFromExceptionInfo(nullptr), 0xFFFFFFFFu);
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
