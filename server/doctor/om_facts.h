// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace omserve {

// What an OM file says about itself before anything loads it. A value.
struct OmFacts {
  uint64_t bytes = 0;       // of the file
  bool of_hostacl = false;  // hostacl's atc made it; a card does not load it
  std::string chip;         // "Ascend310P3" as compiled for; empty when the file does not tell
};

// Reads the header and looks for a chip's name in the first 64 MiB. Errors: NOT_FOUND (cannot be
// opened), INVALID_ARGUMENT (no OM file), DATA_LOSS (cut off: shorter than its header says).
// Thread-safe.
absl::StatusOr<OmFacts> ReadOmFacts(const std::string& path);

// The first name of a chip in 'bytes': "Ascend", a digit, then letters, digits, '_' and '-'. Empty
// when there is none. A name that touches the end of 'bytes' may be cut and is not taken.
std::string_view ChipNameIn(std::string_view bytes);

}  // namespace omserve
