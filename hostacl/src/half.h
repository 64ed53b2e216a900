// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace hostacl {

// The nearest value that fp16 holds, ties to the even one. Where the chip saturates, what is beyond
// its range or infinite becomes the largest one, and NaN zero (aclrtFloatOverflowMode of the public
// reference); else infinity, and infinities and NaN stay.
inline float RoundToHalf(float value, bool saturate = true) {
  const float size = std::fabs(value);
  if (size < 6.103515625e-05f) {
    // Subnormal in fp16: steps of 2^-24, which are the steps of a float just above 0.5.
    volatile float shifted = size + 0.75f;
    return std::copysign(shifted - 0.75f, value);
  }
  if (size >= 65520.0f) {  // halfway to what would come next
    return std::copysign(saturate ? 65504.0f : HUGE_VALF, value);
  }
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7F800000u) == 0x7F800000u) return saturate ? 0.0f : value;  // NaN
  bits += 0xFFFu + ((bits >> 13) & 1u);
  return std::bit_cast<float>(bits & ~0x1FFFu);
}

// The nearest value that bfloat16 holds, ties to the even one; beyond its range infinity. NaN
// stays.
inline float RoundToBfloat16(float value) {
  if (std::isnan(value)) return value;
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  return std::bit_cast<float>((bits + 0x7FFFu + ((bits >> 16) & 1u)) & ~0xFFFFu);
}

inline float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1Fu;
  const uint32_t fraction = half & 0x3FFu;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000u | (fraction << 13));
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 5.9604644775390625e-08f;  // 2^-24
    return sign != 0 ? -size : size;
  }
  return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (fraction << 13));
}

// IEEE conversion, round to nearest even: overflow gives infinity.
inline uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const float size = std::fabs(value);
  if (std::isnan(value)) return static_cast<uint16_t>(sign | 0x7E00u);
  if (size >= 65520.0f) return static_cast<uint16_t>(sign | 0x7C00u);
  if (size < 6.103515625e-05f) {
    const float steps = std::nearbyint(size * 16777216.0f);  // 2^24
    return static_cast<uint16_t>(sign | static_cast<uint32_t>(steps));
  }
  uint32_t magnitude = bits & 0x7FFFFFFFu;
  magnitude += 0xFFFu + ((magnitude >> 13) & 1u);
  return static_cast<uint16_t>(sign | ((magnitude - (112u << 23)) >> 13));
}

}  // namespace hostacl
