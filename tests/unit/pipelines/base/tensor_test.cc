// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/base/tensor.h"

#include <gtest/gtest.h>

namespace omserve {
namespace {

TEST(TensorTest, HeapMemoryIsAligned) {
  const HostTensor tensor = TensorAllocator::Heap().Allocate(DType::kFloat32, {3, 5});
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data()) % 64, 0U);
  EXPECT_EQ(tensor.bytes(), 60U);
  EXPECT_EQ(tensor.row_bytes(), 20U);
}

TEST(TensorTest, ShapeWithZeroHasNoBytes) {
  const HostTensor tensor = TensorAllocator::Heap().Allocate(DType::kFloat16, {0, 7});
  EXPECT_TRUE(tensor.has_value());
  EXPECT_EQ(tensor.bytes(), 0U);
  EXPECT_EQ(tensor.row_bytes(), 0U);
}

TEST(TensorTest, UnsetTensorIsEmpty) {
  EXPECT_EQ(HostTensor().rows(), 0);
  EXPECT_EQ(HostTensor().bytes(), 0U);
  EXPECT_EQ(ShapeString({1, 2, 3}), "[1,2,3]");
}

}  // namespace
}  // namespace omserve
