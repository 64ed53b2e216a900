// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/base/float16.h"

#include <bit>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace omserve {

float HalfToFloat(uint16_t half) {
  const uint32_t sign = (half & 0x8000U) << 16;
  const uint32_t magnitude = half & 0x7fffU;
  if (magnitude >= 0x7c00U) {  // infinity or NaN
    return std::bit_cast<float>(sign | 0x7f800000U | ((magnitude & 0x3ffU) << 13));
  }
  // The bits read as a float are 2^-112 of the value; the product is exact.
  const float value = std::bit_cast<float>(magnitude << 13) * 0x1p112F;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) | sign);
}

absl::StatusOr<HostTensor> ToFloat32(const HostTensor& tensor) {
  if (!tensor.has_value()) return absl::InvalidArgumentError("the tensor has no host data");
  if (tensor.dtype() == DType::kFloat32) return tensor;
  if (tensor.dtype() != DType::kFloat16) {
    return absl::InvalidArgumentError(
        absl::StrCat("the tensor must be float32 or float16, not ", DTypeName(tensor.dtype())));
  }
  HostTensor out = TensorAllocator::Heap().Allocate(DType::kFloat32, tensor.shape());
  const auto from = tensor.as<uint16_t>();
  const auto to = out.as<float>();
  for (size_t i = 0; i < from.size(); ++i) to[i] = HalfToFloat(from[i]);
  return out;
}

}  // namespace omserve
