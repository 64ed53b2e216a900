// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 22, 23, 28, 29, 31 and 33: loading, executing and unloading a model.
#include <cmath>

#include "session.h"
#include "stream_gate.h"

namespace conformance {
namespace {

using Trap22 = Session;
using Trap23 = Session;
using Trap28 = Session;
using Trap29 = Session;
using Trap31 = Session;
using Trap33 = Session;

TEST_F(Trap22, OneModelIdOnTwoStreamsAtOnceIsRefused) {
  NEEDS_HOSTACL("a card mixes the two calls up silently");
  const uint32_t id = Load("linear");
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  const Dataset first_in({{Device(16), 16}});
  const Dataset first_out({{Device(16), 16}});
  const Dataset second_in({{Device(16), 16}});
  const Dataset second_out({{Device(16), 16}});
  StreamGate gate(context_, stream_);
  ASSERT_EQ(aclmdlExecuteAsync(id, first_in.get(), first_out.get(), stream_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecuteAsync(id, second_in.get(), second_out.get(), second),
            ACL_ERROR_RT_MODEL_RUNNING);
  EXPECT_EQ(aclmdlExecute(id, second_in.get(), second_out.get()), ACL_ERROR_RT_MODEL_RUNNING);
  // On its own stream it may queue as often as it likes; another load may run elsewhere.
  EXPECT_EQ(aclmdlExecuteAsync(id, second_in.get(), second_out.get(), stream_), ACL_SUCCESS);
  const uint32_t twin = Load("linear");
  EXPECT_EQ(aclmdlExecuteAsync(twin, second_in.get(), second_out.get(), second), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(second, 30000), ACL_SUCCESS);
}

struct Sizes {
  size_t work = 0;
  size_t weight = 0;
};

Sizes QuerySizes(const std::string& name) {
  Sizes sizes;
  EXPECT_EQ(aclmdlQuerySize(ModelPath(name).c_str(), &sizes.work, &sizes.weight), ACL_SUCCESS);
  return sizes;
}

uint32_t LoadInto(const std::string& name, void* work, void* weight, const Sizes& sizes) {
  uint32_t id = 0;
  EXPECT_EQ(aclmdlLoadFromFileWithMem(ModelPath(name).c_str(), &id, work, sizes.work, weight,
                                      sizes.weight),
            ACL_SUCCESS)
      << Message();
  return id;
}

TEST_F(Trap22, ModelsThatShareWorkMemoryMayNotOverlap) {
  NEEDS_HOSTACL("a card mixes the two calls up silently");
  const Sizes sizes = QuerySizes("linear");
  ASSERT_GT(sizes.work, 0u);
  void* work = Device(sizes.work);
  void* weight = Device(sizes.weight);
  const uint32_t one = LoadInto("linear", work, weight, sizes);
  const uint32_t two = LoadInto("linear", work, weight, sizes);
  const uint32_t apart = LoadInto("linear", Device(sizes.work), weight, sizes);
  aclrtStream second = nullptr;
  ASSERT_EQ(aclrtCreateStream(&second), ACL_SUCCESS);
  const Dataset in({{Device(16), 16}});
  const Dataset out({{Device(16), 16}});
  const Dataset other_out({{Device(16), 16}});
  StreamGate gate(context_, stream_);
  ASSERT_EQ(aclmdlExecuteAsync(one, in.get(), out.get(), stream_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecuteAsync(two, in.get(), other_out.get(), second), ACL_ERROR_RT_MODEL_RUNNING);
  EXPECT_EQ(aclmdlExecuteAsync(two, in.get(), other_out.get(), stream_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlExecuteAsync(apart, in.get(), other_out.get(), second), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(second, 30000), ACL_SUCCESS);
}

TEST_F(Trap23, WorkAndWeightMemoryMustBeBigEnough) {
  const Sizes sizes = QuerySizes("linear");
  void* work = Device(sizes.work);
  void* weight = Device(sizes.weight);
  const std::string path = ModelPath("linear");
  const std::string bytes = FileContent(path);
  uint32_t id = 0;
  const std::initializer_list<aclError> candidates = {ACL_ERROR_GE_PARAM_INVALID,
                                                      ACL_ERROR_INVALID_PARAM};
  for (const auto& [less_work, less_weight] : {std::pair<size_t, size_t>{1, 0}, {0, 1}}) {
    EXPECT_TRUE(IsOneOf(aclmdlLoadFromFileWithMem(path.c_str(), &id, work, sizes.work - less_work,
                                                  weight, sizes.weight - less_weight),
                        candidates))
        << Message();
    EXPECT_TRUE(IsOneOf(
        aclmdlLoadFromMemWithMem(bytes.data(), bytes.size(), &id, work, sizes.work - less_work,
                                 weight, sizes.weight - less_weight),
        candidates))
        << Message();
  }
  Sizes from_memory;
  ASSERT_EQ(
      aclmdlQuerySizeFromMem(bytes.data(), bytes.size(), &from_memory.work, &from_memory.weight),
      ACL_SUCCESS);
  EXPECT_EQ(from_memory.work, sizes.work);
  EXPECT_EQ(from_memory.weight, sizes.weight);
}

TEST_F(Trap23, FreeingTheMemoryOfALoadedModelIsReported) {
  NEEDS_HOSTACL("a card frees it under the model");
  const Sizes sizes = QuerySizes("linear");
  void* work = Device(sizes.work);
  void* weight = Device(sizes.weight);
  const uint32_t id = LoadInto("linear", work, weight, sizes);
  EXPECT_EQ(aclrtFree(work), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclrtFree(weight), ACL_ERROR_RT_PARAM_INVALID);
  EXPECT_EQ(aclmdlUnload(id), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(work), ACL_SUCCESS);
  EXPECT_EQ(aclrtFree(weight), ACL_SUCCESS);
}

TEST_F(Trap28, AStaticModelsBuffersMayLackSixtyFourBytes) {
  const uint32_t id = Load("wide");  // 256 bytes in, 256 out
  void* x = Device(512);
  void* y = Device(512);
  const auto run = [&](size_t in, size_t out) {
    const Dataset input({{x, in}});
    const Dataset output({{y, out}});
    return aclmdlExecute(id, input.get(), output.get());
  };
  EXPECT_EQ(run(256, 256), ACL_SUCCESS);
  EXPECT_EQ(run(192, 256), ACL_SUCCESS) << Message();
  EXPECT_EQ(run(512, 512), ACL_SUCCESS) << Message();
  EXPECT_EQ(run(191, 256), ACL_ERROR_GE_PARAM_INVALID);
  EXPECT_EQ(run(256, 191), ACL_ERROR_GE_PARAM_INVALID);
}

TEST_F(Trap29, AnEmptyOutputBufferIsAllocatedAndBelongsToTheCaller) {
  const uint32_t id = Load("linear");
  void* x = Device(16);
  ToDevice(x, std::vector<float>{1, 2, 3, 4});
  const Dataset input({{x, 16}});
  const Dataset output({{nullptr, 0}});
  ASSERT_EQ(aclmdlExecute(id, input.get(), output.get()), ACL_SUCCESS) << Message();
  void* y = aclGetDataBufferAddr(output.buffer(0));
  ASSERT_NE(y, nullptr);
  EXPECT_GE(aclGetDataBufferSizeV2(output.buffer(0)), 16u);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));
  EXPECT_EQ(aclmdlUnload(id), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 5, 7, 9}));  // it outlives the model
  EXPECT_EQ(aclrtFree(y), ACL_SUCCESS);
}

TEST_F(Trap31, ResultsAreComputedInHalfPrecision) {
  const uint32_t id = Load("precise");  // y = x * 1.0001
  void* x = Device(16);
  void* y = Device(16);
  const std::vector<float> values = {1.0f, 3.14159f, 100.3f, 2049.0f};
  ToDevice(x, values);
  const Dataset input({{x, 16}});
  const Dataset output({{y, 16}});
  ASSERT_EQ(aclmdlExecute(id, input.get(), output.get()), ACL_SUCCESS) << Message();
  const std::vector<float> got = ToHost(y, 4);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(got[i], values[i] * 1.0001f, values[i] * 0.002f) << i;
  }
  if (IsHostacl()) {  // weights, inputs and outputs are rounded: 1.0001 is 1 in fp16
    EXPECT_EQ(got[0], 1.0f);
    EXPECT_EQ(got[1], aclFloat16ToFloat(aclFloatToFloat16(3.14159f)));
    EXPECT_EQ(got[3], 2048.0f);
  }
}

TEST_F(Trap33, UnloadingAModelInFlightIsRefused) {
  NEEDS_HOSTACL("a card may hang");
  const uint32_t id = Load("linear");
  const Dataset input({{Device(16), 16}});
  const Dataset output({{Device(16), 16}});
  StreamGate gate(context_, stream_);
  ASSERT_EQ(aclmdlExecuteAsync(id, input.get(), output.get(), stream_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlUnload(id), ACL_ERROR_RT_MODEL_RUNNING);
  gate.Open();
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS);
  EXPECT_EQ(aclmdlUnload(id), ACL_SUCCESS);
  EXPECT_TRUE(
      IsOneOf(aclmdlUnload(id), {ACL_ERROR_GE_EXEC_MODEL_ID_INVALID, ACL_ERROR_INVALID_MODEL_ID}));
}

}  // namespace
}  // namespace conformance
