// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/base/tensor.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace omserve {
namespace {

class HeapAllocator : public TensorAllocator {
 public:
  HostTensor Allocate(DType dtype, Shape shape) override {
    const size_t bytes =
        std::max<size_t>(1, static_cast<size_t>(NumElements(shape)) * DTypeSize(dtype));
    const size_t rounded = (bytes + 63) / 64 * 64;
    std::shared_ptr<std::byte> data(static_cast<std::byte*>(std::aligned_alloc(64, rounded)),
                                    [](std::byte* p) { std::free(p); });
    return HostTensor(dtype, std::move(shape), std::move(data));
  }
};

}  // namespace

size_t DTypeSize(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kInt32:
      return 4;
    case DType::kFloat16:
      return 2;
    case DType::kUint8:
      return 1;
    case DType::kInt64:
      return 8;
  }
  return 0;
}

std::string DTypeName(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return "float32";
    case DType::kFloat16:
      return "float16";
    case DType::kUint8:
      return "uint8";
    case DType::kInt32:
      return "int32";
    case DType::kInt64:
      return "int64";
  }
  return "unknown";
}

int64_t NumElements(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

std::string ShapeString(const Shape& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ","), "]");
}

TensorAllocator& TensorAllocator::Heap() {
  static HeapAllocator* const allocator = new HeapAllocator;
  return *allocator;
}

}  // namespace omserve
