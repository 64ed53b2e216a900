// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace omserve {

// Indices of the 'k' largest values (all of them when there are fewer), largest first; equal
// values keep the order of their indices; NaN counts as the smallest. k <= 0 gives none.
// O(n + k log k). Pure, thread-safe.
std::vector<uint32_t> TopK(std::span<const float> values, int k);

}  // namespace omserve
