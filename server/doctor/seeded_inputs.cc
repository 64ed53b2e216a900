// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/seeded_inputs.h"

namespace omserve {
namespace {

// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

constexpr int kLevels = 256;  // of a float, from -1 in steps of 1/128

// A level as binary16; exact.
uint16_t HalfOf(int level) {
  const int value = level - kLevels / 2;  // in 1/128
  if (value == 0) return 0;
  const uint16_t sign = value < 0 ? 0x8000 : 0;
  int mantissa = value < 0 ? -value : value;
  int exponent = 15 + 3;  // of 2^10 times 1/128
  while (mantissa < 1024) {
    mantissa *= 2;
    --exponent;
  }
  return static_cast<uint16_t>(sign | exponent << 10 | (mantissa - 1024));
}

void Fill(HostTensor& tensor, SplitMix64& numbers) {
  // The high bits are the good ones.
  const auto level = [&] { return static_cast<int>(numbers.Next() >> 56); };
  switch (tensor.dtype()) {
    case DType::kFloat32:
      for (float& value : tensor.as<float>()) {
        value = static_cast<float>(level() - kLevels / 2) / (kLevels / 2);
      }
      break;
    case DType::kFloat16:
      for (uint16_t& value : tensor.as<uint16_t>()) value = HalfOf(level());
      break;
    case DType::kUint8:
      for (uint8_t& value : tensor.as<uint8_t>()) value = static_cast<uint8_t>(level());
      break;
    case DType::kInt32:
      for (int32_t& value : tensor.as<int32_t>()) value = level() & 1;
      break;
    case DType::kInt64:
      for (int64_t& value : tensor.as<int64_t>()) value = level() & 1;
      break;
  }
}

}  // namespace

std::vector<HostTensor> SeededInputs(const ModelInfo& info, int64_t items, uint64_t seed) {
  std::vector<HostTensor> tensors;
  for (size_t i = 0; i < info.inputs.size(); ++i) {
    const ModelTensor& input = info.inputs[i];
    tensors.push_back(
        TensorAllocator::Heap().Allocate(input.dtype, input.ShapeFor(items, info.max_gear())));
    SplitMix64 numbers(seed * 1'000'003 + i);
    Fill(tensors.back(), numbers);
  }
  return tensors;
}

}  // namespace omserve
