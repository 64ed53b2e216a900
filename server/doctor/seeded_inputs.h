// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "pipelines/base/tensor.h"
#include "server/device/model_info.h"

namespace omserve {

// Inputs of a model for 'items' items, on the heap: the same on every machine for the same seed.
// Floats are multiples of 1/128 from -1 to below 1, exact in fp16; bytes are 0 to 255; integers are
// 0 or 1, which is in the range of any index and fits any mask. Numbers: SplitMix64, one stream an
// input.
std::vector<HostTensor> SeededInputs(const ModelInfo& info, int64_t items, uint64_t seed);

}  // namespace omserve
