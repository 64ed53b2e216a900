// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_answer.h"

#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "server/service/kserve/classification.h"

namespace omserve::kserve {
namespace {

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

HostTensor Tensor(int64_t floats, float value) {
  HostTensor tensor = TensorAllocator::Heap().Allocate(DType::kFloat32, {floats});
  for (float& x : tensor.as<float>()) x = value;
  return tensor;
}

InferAnswer Sample(int64_t floats) {
  InferAnswer answer("s");
  answer.set_model("m");
  answer.set_version("3");
  answer.set_request_id("id");
  answer.Add("small", "INT32", {2}, std::vector<int32_t>{1, 2});
  answer.Add("large", "FP32", {floats}, Tensor(floats, 4.0F));
  answer.Add("empty", "FP32", {0, 4}, std::vector<float>());
  return answer;
}

TEST(InferAnswerTest, IsAMessageOfTheProtocol) {
  for (const int64_t floats : {2, 100000}) {  // copied, and borrowed
    inference::ModelInferResponse response;
    ASSERT_TRUE(response.ParseFromString(Bytes(Sample(floats).Release(false))));
    EXPECT_EQ(response.model_name(), "m.s");
    EXPECT_EQ(response.model_version(), "3");
    EXPECT_EQ(response.id(), "id");
    ASSERT_EQ(response.outputs_size(), 3);
    ASSERT_EQ(response.raw_output_contents_size(), 3);
    EXPECT_EQ(response.raw_output_contents(0), std::string("\x01\0\0\0\x02\0\0\0", 8));
    EXPECT_EQ(response.raw_output_contents(1).size(), static_cast<size_t>(floats) * 4);
    float last = 0;
    std::memcpy(&last, response.raw_output_contents(1).data() + (floats - 1) * 4, 4);
    EXPECT_EQ(last, 4.0F);
    EXPECT_EQ(response.raw_output_contents(2), "");
  }
}

TEST(InferAnswerTest, IsAMessageOfAStream) {
  for (const int64_t floats : {2, 100000}) {
    inference::ModelStreamInferResponse response;
    ASSERT_TRUE(response.ParseFromString(Bytes(Sample(floats).Release(true))));
    EXPECT_EQ(response.error_message(), "");
    EXPECT_EQ(response.infer_response().id(), "id");
    EXPECT_EQ(response.infer_response().raw_output_contents(1).size(),
              static_cast<size_t>(floats) * 4);
  }
}

TEST(InferAnswerTest, GivesTheTensorsBackWhenTheyAreSent) {
  const HostTensor tensor = Tensor(100000, 1.0F);
  const std::weak_ptr<std::byte> watched = std::shared_ptr<std::byte>(tensor.data(), [](void*) {});
  InferAnswer answer;
  auto block = std::shared_ptr<std::byte>(new std::byte[400000], [](std::byte* p) { delete[] p; });
  const std::weak_ptr<std::byte> alive = block;
  answer.Add("x", "FP32", {100000}, HostTensor(DType::kFloat32, {100000}, std::move(block)));
  {
    const grpc::ByteBuffer buffer = answer.Release(false);
    EXPECT_FALSE(alive.expired()) << "what is being sent";
  }
  EXPECT_TRUE(alive.expired());
}

TEST(InferAnswerTest, KeepsWhatTheRequestNamesInItsOrder) {
  InferAnswer answer = Sample(2);
  answer.Keep({"empty", "small"});
  inference::ModelInferResponse response;
  ASSERT_TRUE(response.ParseFromString(Bytes(answer.Release(false))));
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(1).name(), "small");
  EXPECT_EQ(response.raw_output_contents(1).size(), 8u);
}

TEST(InferAnswerTest, AnErrorOfAStreamHasItsId) {
  inference::ModelStreamInferResponse response;
  ASSERT_TRUE(response.ParseFromString(Bytes(StreamError("why", "9"))));
  EXPECT_EQ(response.error_message(), "why");
  EXPECT_EQ(response.infer_response().id(), "9");
}

TEST(ClassifyTest, GivesTheBestOfEveryRow) {
  HostTensor tensor = TensorAllocator::Heap().Allocate(DType::kFloat32, {2, 3});
  const float values[] = {0.5F, 2.0F, 0.5F, -1.0F, -2.0F, 0.0F};
  std::memcpy(tensor.data(), values, sizeof values);
  const auto classes = Classify(tensor, 2, {"a", "b", "c"});
  ASSERT_TRUE(classes.ok());
  EXPECT_EQ(classes->shape, (Shape{2, 2}));
  EXPECT_EQ(classes->raw, std::string("\x05\0\0\0"
                                      "2:1:b"
                                      "\x07\0\0\0"
                                      "0.5:0:a"
                                      "\x05\0\0\0"
                                      "0:2:c"
                                      "\x06\0\0\0"
                                      "-1:0:a",
                                      39));
  EXPECT_EQ(Classify(tensor, 9, {})->shape, (Shape{2, 3}));
}

TEST(ClassifyTest, Class18OtherTypesAreRefused) {
  EXPECT_FALSE(Classify(TensorAllocator::Heap().Allocate(DType::kUint8, {1, 4}), 1, {}).ok());
}

}  // namespace
}  // namespace omserve::kserve
