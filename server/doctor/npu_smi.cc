// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/npu_smi.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace omserve {
namespace {

// Of coreutils, so that a driver that hangs does not hang us.
constexpr char kCommand[] = "timeout 10 npu-smi info 2>/dev/null";
constexpr int kNoSuchCommand = 127;
constexpr size_t kMostOutput = 1 << 20;

}  // namespace

std::vector<NpuSmiCard> ParseNpuSmi(absl::string_view table) {
  std::vector<NpuSmiCard> cards;
  for (const absl::string_view row : absl::StrSplit(table, '\n')) {
    const std::vector<absl::string_view> cells = absl::StrSplit(row, '|');
    if (cells.size() < 4 || !cells[0].empty()) continue;
    const std::vector<absl::string_view> words = absl::StrSplit(cells[1], ' ', absl::SkipEmpty());
    NpuSmiCard card;
    // The second row of a card has two numbers there; a chip's name is longer than those.
    if (words.size() != 2 || !absl::SimpleAtoi(words[0], &card.number) || words[1].size() < 3) {
      continue;
    }
    card.chip = std::string(words[1]);
    card.health = std::string(absl::StripAsciiWhitespace(cells[2]));
    cards.push_back(std::move(card));
  }
  return cards;
}

absl::StatusOr<std::vector<NpuSmiCard>> AskNpuSmi() {
  FILE* pipe = popen(kCommand, "r");
  if (pipe == nullptr) return absl::UnavailableError("npu-smi info: cannot be started");
  std::string table;
  std::array<char, 4096> block;
  for (size_t count; (count = fread(block.data(), 1, block.size(), pipe)) > 0;) {
    if (table.size() < kMostOutput) table.append(block.data(), count);
  }
  const int status = pclose(pipe);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == kNoSuchCommand) {
    return absl::NotFoundError("npu-smi is not on the PATH: no driver here, or source its set_env");
  }
  if (code != 0) {
    return absl::UnavailableError(
        absl::StrCat("npu-smi info ended with status ", code,
                     "; is the driver loaded, and may this user ask it?"));
  }
  return ParseNpuSmi(table);
}

}  // namespace omserve
