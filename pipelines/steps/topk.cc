// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/topk.h"

#include <algorithm>
#include <bit>

namespace omserve {
namespace {

// Orders like the value, descending, then by the index: one integer comparison decides both.
uint64_t SortKey(float value, uint32_t index) {
  if (value != value) return ~uint64_t{0} << 32 | index;
  const auto bits = std::bit_cast<uint32_t>(value == 0.0F ? 0.0F : value);  // -0 equals 0
  const uint32_t ascending = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
  return uint64_t{~ascending} << 32 | index;
}

}  // namespace

std::vector<uint32_t> TopK(std::span<const float> values, int k) {
  if (k <= 0) return {};
  std::vector<uint64_t> keys(values.size());
  for (size_t i = 0; i < values.size(); ++i) keys[i] = SortKey(values[i], static_cast<uint32_t>(i));
  if (keys.size() > static_cast<size_t>(k)) {
    std::nth_element(keys.begin(), keys.begin() + k, keys.end());
    keys.resize(static_cast<size_t>(k));
  }
  std::sort(keys.begin(), keys.end());
  std::vector<uint32_t> indices(keys.size());
  std::transform(keys.begin(), keys.end(), indices.begin(),
                 [](uint64_t key) { return static_cast<uint32_t>(key); });
  return indices;
}

}  // namespace omserve
