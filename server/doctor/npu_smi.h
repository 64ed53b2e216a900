// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace omserve {

// One card as the driver's tool lists it.
struct NpuSmiCard {
  int number = 0;
  std::string chip;    // "910B3", without the Ascend of aclrtGetSocName
  std::string health;  // "OK", "Warning", "Alarm", ...
};

// Reads the table of `npu-smi info`: two rows a card, the first with number and name, health and
// power. Rows of another form are passed over.
std::vector<NpuSmiCard> ParseNpuSmi(absl::string_view table);

// Runs `npu-smi info`, 10 s at most. NOT_FOUND when it is not on the PATH, UNAVAILABLE when it
// fails: the driver is not loaded, or this user may not ask it.
absl::StatusOr<std::vector<NpuSmiCard>> AskNpuSmi();

}  // namespace omserve
