// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace omserve {

// The policy keep_top1_per_label: indices of the first entry of each label, in their order. The
// list is sorted by score, best first, so the first is the best; of equal scores the earlier one
// stays. It runs before the score threshold. Pure, thread-safe.
std::vector<size_t> KeepTop1PerLabel(std::span<const int> labels);

}  // namespace omserve
