// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace omserve {

// Takes the fields of one message of a manifest over what stands in a config. A field that is not
// set leaves what is there. Errors: INVALID_ARGUMENT, as "ppocr.max_side: 9000 is not ...". A
// value; thread-safe.
class ManifestFields {
 public:
  explicit ManifestFields(std::string_view message) : message_(message) {}

  absl::Status Bad(std::string_view field, std::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(message_, ".", std::string(field), ": ", std::string(what)));
  }

  // Above 0, at most 'high'; 0 is not set.
  template <typename T>
  absl::Status Take(std::string_view field, T value, T high, T& to) const {
    if (value == T{0}) return absl::OkStatus();
    if (!(value > T{0} && value <= high)) {
      return Bad(field, absl::StrCat(value, " is not between 0 and ", high));
    }
    to = value;
    return absl::OkStatus();
  }

  // From 0 to 1, both included; for fields that tell whether they are set.
  absl::Status TakeUnit(std::string_view field, float value, float& to) const {
    // Written so that NaN fails.
    if (!(value >= 0 && value <= 1)) {
      return Bad(field, absl::StrCat(value, " is not between 0 and 1"));
    }
    to = value;
    return absl::OkStatus();
  }

  // One of two or more words, which are in the order of the values of T; empty is not set.
  template <typename T>
  absl::Status TakeWord(std::string_view field, const std::string& word,
                        const std::vector<std::string>& words, T& to) const {
    if (word.empty()) return absl::OkStatus();
    const auto found = std::find(words.begin(), words.end(), word);
    if (found == words.end()) {
      return Bad(field, absl::StrCat("'", word, "' is not ",
                                     absl::StrJoin(words.begin(), words.end() - 1, ", "), " or ",
                                     words.back()));
    }
    to = static_cast<T>(found - words.begin());
    return absl::OkStatus();
  }

  // A number for each of three channels, or none.
  template <typename Repeated>
  absl::Status TakeChannels(std::string_view field, const Repeated& values,
                            std::array<float, 3>& to) const {
    if (values.empty()) return absl::OkStatus();
    if (values.size() != 3) return Bad(field, absl::StrCat(values.size(), " numbers, not 3"));
    std::copy(values.begin(), values.end(), to.begin());
    return absl::OkStatus();
  }

  // Finite numbers above 0, or none.
  template <typename Repeated, typename T>
  absl::Status TakeList(std::string_view field, const Repeated& values, std::vector<T>& to) const {
    if (values.empty()) return absl::OkStatus();
    for (const T value : values) {
      if (!(value > T{0}) || !std::isfinite(static_cast<double>(value))) {
        return Bad(field, absl::StrCat(value, " is not above 0"));
      }
    }
    to.assign(values.begin(), values.end());
    return absl::OkStatus();
  }

 private:
  const std::string message_;
};

}  // namespace omserve
