// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/paddle_log.h"

#include <array>
#include <fstream>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace omserve {
namespace {

// Longer lines are cut: a log may have binary parts without a line end.
constexpr size_t kLongestLine = 64 << 10;
constexpr size_t kWordOfGuides = 5;

constexpr std::array<absl::string_view, 4> kFallbacks = {
    "fallbacking to cpu", "falling back to cpu", "fallingback to cpu", "fallback to cpu"};

bool IsFallback(absl::string_view lower_case) {
  for (const absl::string_view words : kFallbacks) {
    if (absl::StrContains(lower_case, words)) return true;
  }
  return false;
}

bool IsNameCharacter(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; }

// The name that 'text' begins with, after spaces and a quote; empty if there is none.
absl::string_view LeadingName(absl::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '`')) text.remove_prefix(1);
  size_t length = 0;
  while (length < text.size() && IsNameCharacter(text[length])) ++length;
  return text.substr(0, length);
}

// What a line of kFallbacks is about; empty if it does not say.
absl::string_view OperatorIn(absl::string_view line) {
  for (const absl::string_view mark :
       {absl::string_view("kernel:"), absl::string_view("kernel `")}) {
    const size_t at = line.find(mark);
    if (at != absl::string_view::npos) return LeadingName(line.substr(at + mark.size()));
  }
  const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  if (words.size() <= kWordOfGuides) return {};
  const absl::string_view name = LeadingName(words[kWordOfGuides]);
  // A word of the sentence itself, when the operator is not where the guides have it.
  return absl::StartsWithIgnoreCase(name, "fall") || name == "back" || name == "to" ? "" : name;
}

// One training step, as ppocr's logger and others write it: "loss: 3.21".
bool IsStep(absl::string_view lower_case) {
  return absl::StrContains(lower_case, "loss:") || absl::StrContains(lower_case, "loss =");
}

}  // namespace

void PaddleLogScanner::AddLine(absl::string_view line) {
  ++lines_;
  const std::string lower_case = absl::AsciiStrToLower(line);
  if (IsStep(lower_case)) saw_step_ = true;
  if (!IsFallback(lower_case)) return;
  const absl::string_view name = OperatorIn(line);
  if (name.empty()) {
    ++not_understood_;
  } else if (const auto found = missing_.find(name); found != missing_.end()) {
    ++found->second;
  } else {
    missing_.emplace(std::string(name), 1);
  }
}

PaddleLogScan PaddleLogScanner::Result() const {
  PaddleLogScan scan;
  for (const auto& [name, times] : missing_) scan.missing.push_back({name, times});
  scan.lines = lines_;
  scan.not_understood = not_understood_;
  scan.saw_step = saw_step_;
  return scan;
}

absl::StatusOr<PaddleLogScan> ScanPaddleLog(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  PaddleLogScanner scanner;
  std::array<char, kLongestLine> block;
  if (!file || file.peek() == std::ifstream::traits_type::eof()) {
    return absl::NotFoundError(
        absl::StrCat(path, ": is not there, not readable or empty; give a log of Paddle"));
  }
  bool inside = false;  // a line longer than a block goes on
  while (file) {
    file.getline(block.data(), block.size());
    const auto count = static_cast<size_t>(file.gcount());
    const bool cut = file.fail() && count == block.size() - 1;
    if (count == 0 && !cut) break;
    const bool ended = !file.eof() && !cut;
    if (!inside) scanner.AddLine(absl::string_view(block.data(), ended ? count - 1 : count));
    inside = cut;
    if (cut) file.clear();
  }
  return scanner.Result();
}

}  // namespace omserve
