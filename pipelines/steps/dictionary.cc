// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/dictionary.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/steps/utf8.h"

namespace omserve {

absl::StatusOr<Dictionary> Dictionary::Parse(std::string_view text, bool use_space) {
  Dictionary dictionary;
  dictionary.characters_.emplace_back();  // the blank
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const size_t number = dictionary.characters_.size();
    if (line.empty()) return absl::InvalidArgumentError(absl::StrCat("line ", number, " is empty"));
    if (!IsUtf8(line)) {
      return absl::InvalidArgumentError(absl::StrCat("line ", number, " is not UTF-8"));
    }
    dictionary.characters_.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  if (dictionary.characters_.size() == 1) {
    return absl::InvalidArgumentError("there is no character in it");
  }
  if (use_space) dictionary.characters_.emplace_back(" ");
  return dictionary;
}

}  // namespace omserve
