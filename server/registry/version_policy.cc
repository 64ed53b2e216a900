// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/version_policy.h"

#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"

namespace omserve {

std::vector<int64_t> VersionPolicy::Candidates(std::vector<int64_t> there) const {
  std::sort(there.begin(), there.end(), std::greater<>());
  if (kind != Kind::kSpecific) return there;
  std::erase_if(there, [this](int64_t number) {
    return std::find(specific.begin(), specific.end(), number) == specific.end();
  });
  return there;
}

size_t VersionPolicy::Wanted(size_t candidates) const {
  return kind == Kind::kLatest ? std::min(candidates, static_cast<size_t>(latest)) : candidates;
}

absl::StatusOr<int64_t> ParseVersion(std::string_view text) {
  constexpr size_t kMaxDigits = 18;
  const bool digits =
      !text.empty() && text.size() <= kMaxDigits && text.front() != '0' &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) {
    return absl::InvalidArgumentError(
        absl::StrCat("version: '", std::string(text.substr(0, 64)),
                     "' is not a number of 1 to 18 digits that does not begin with 0"));
  }
  int64_t number = 0;
  for (const char c : text) number = number * 10 + (c - '0');
  return number;
}

}  // namespace omserve
