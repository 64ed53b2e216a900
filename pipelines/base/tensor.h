// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace omserve {

// Element types that the stages of a pipeline use.
enum class DType : uint8_t { kFloat32, kFloat16, kUint8, kInt32, kInt64 };

// Bytes of one element.
size_t DTypeSize(DType dtype);
std::string DTypeName(DType dtype);

// Dimensions, outermost first; dimension 0 of every stage tensor counts items.
using Shape = std::vector<int64_t>;

// Product of the dimensions; 1 for an empty shape.
int64_t NumElements(const Shape& shape);
std::string ShapeString(const Shape& shape);

// A block of host memory with a shape. Copying shares the block (counted, because a batch in
// flight and the coroutine that made it may both need it). Where the bytes come from is the
// allocator's matter: the heap, or a pool of page-locked memory. Thread-compatible.
class HostTensor {
 public:
  HostTensor() = default;
  // REQUIRES: 'data' holds at least NumElements(shape) * DTypeSize(dtype) bytes, 64-byte aligned.
  HostTensor(DType dtype, Shape shape, std::shared_ptr<std::byte> data)
      : dtype_(dtype), shape_(std::move(shape)), data_(std::move(data)) {}

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t dim(size_t i) const { return shape_[i]; }
  // Items along dimension 0; 0 for an unset tensor.
  int64_t rows() const { return shape_.empty() ? 0 : shape_[0]; }
  int64_t elements() const { return data_ == nullptr ? 0 : NumElements(shape_); }
  size_t bytes() const { return static_cast<size_t>(elements()) * DTypeSize(dtype_); }
  size_t row_bytes() const { return rows() == 0 ? 0 : bytes() / static_cast<size_t>(rows()); }
  bool has_value() const { return data_ != nullptr; }

  std::byte* data() const { return data_.get(); }
  // REQUIRES: dtype() matches T.
  template <typename T>
  std::span<T> as() const {
    return {reinterpret_cast<T*>(data_.get()), static_cast<size_t>(elements())};
  }

 private:
  DType dtype_ = DType::kFloat32;
  Shape shape_;
  std::shared_ptr<std::byte> data_;
};

// Gives out host tensors. Thread-safe.
class TensorAllocator {
 public:
  virtual ~TensorAllocator() = default;
  // Uninitialised memory, 64-byte aligned. A shape with a 0 in it gives a tensor with no bytes.
  virtual HostTensor Allocate(DType dtype, Shape shape) = 0;

  // Plain heap memory; lives for ever.
  static TensorAllocator& Heap();
};

// Rows of a tensor in the memory of a device, counted: the memory goes back when the last holder
// lets go. Only the runner that made it can look inside. Immutable, thread-safe.
class DeviceTensor {
 public:
  virtual ~DeviceTensor() = default;
  virtual int device() const = 0;
};

// What goes into and comes out of a stage: on the host, on the device, or both.
struct StageTensor {
  HostTensor host;
  std::shared_ptr<const DeviceTensor> device;  // shared: a batch's rows have many readers
};

}  // namespace omserve
