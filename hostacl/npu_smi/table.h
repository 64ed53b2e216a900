// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <vector>

#include "device_list.h"

namespace hostacl {

// `npu-smi info`: a frame of bars with two rows a chip. The values that a card measures (power,
// temperature, load, used memory) stand still.
void PrintTable(const std::vector<DeviceSpec>& devices, std::ostream* out);
// `npu-smi info -l`: the cards and their number of chips.
void PrintList(const std::vector<DeviceSpec>& devices, std::ostream* out);
// `npu-smi info -t board -i ID -c 0`: one chip, a key and a value a line.
void PrintBoard(const DeviceSpec& device, std::ostream* out);

}  // namespace hostacl
