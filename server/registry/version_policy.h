// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace omserve {

// Which versions of a model are to be loaded. A value.
struct VersionPolicy {
  enum class Kind : uint8_t { kLatest, kAll, kSpecific };
  Kind kind = Kind::kLatest;
  int latest = 1;                      // kLatest: how many of the highest that can be loaded
  std::vector<int64_t> specific = {};  // kSpecific

  // Of the versions that there are, those to try, the highest first.
  std::vector<int64_t> Candidates(std::vector<int64_t> there) const;
  // How many of them are wanted, once that many can be loaded.
  size_t Wanted(size_t candidates) const;
};

// A version as its folder is named: 1 to 18 digits, not beginning with 0. INVALID_ARGUMENT.
absl::StatusOr<int64_t> ParseVersion(std::string_view text);

}  // namespace omserve
