// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/base/float16.h"

#include <gtest/gtest.h>

#include <cmath>

namespace omserve {
namespace {

TEST(Float16Test, KnowsOrdinaryTinyAndEndlessValues) {
  EXPECT_EQ(HalfToFloat(0x3c00), 1.0F);
  EXPECT_EQ(HalfToFloat(0xc000), -2.0F);
  EXPECT_EQ(HalfToFloat(0x7bff), 65504.0F);
  EXPECT_EQ(HalfToFloat(0x0001), std::ldexp(1.0F, -24));
  EXPECT_EQ(HalfToFloat(0x0400), std::ldexp(1.0F, -14));
  EXPECT_EQ(HalfToFloat(0xfc00), -INFINITY);
  EXPECT_TRUE(std::isnan(HalfToFloat(0x7e00)));
  EXPECT_TRUE(std::signbit(HalfToFloat(0x8000)));
}

TEST(Float16Test, ConvertsHalvesAndSharesFloats) {
  HostTensor half = TensorAllocator::Heap().Allocate(DType::kFloat16, {2});
  half.as<uint16_t>()[0] = 0x3c00;
  half.as<uint16_t>()[1] = 0x4000;
  const auto converted = ToFloat32(half);
  ASSERT_TRUE(converted.ok());
  EXPECT_EQ(converted->as<float>()[1], 2.0F);
  EXPECT_EQ(ToFloat32(*converted)->data(), converted->data());
}

TEST(Float16Test, RefusesOtherTypesAndUnsetTensors) {
  const HostTensor ints = TensorAllocator::Heap().Allocate(DType::kInt32, {1});
  EXPECT_EQ(ToFloat32(ints).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ToFloat32(HostTensor()).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace omserve
