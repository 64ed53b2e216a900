// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace omserve {

// The characters of a CTC recognition by class: 0 is the blank, then the dictionary's, then the
// space when the model has it. Immutable, thread-safe.
class Dictionary {
 public:
  Dictionary() = default;

  // 'text' holds one character a line, UTF-8; nothing is trimmed (U+3000 is a character), the last
  // line may end without a line feed. INVALID_ARGUMENT, naming the line, when one is empty or not
  // UTF-8, or when there is none.
  static absl::StatusOr<Dictionary> Parse(std::string_view text, bool use_space);

  // Classes of a model that fits, the blank among them.
  size_t classes() const { return characters_.size(); }
  // Empty for the blank. REQUIRES: index < classes().
  const std::string& At(size_t index) const { return characters_[index]; }

 private:
  std::vector<std::string> characters_;
};

}  // namespace omserve
