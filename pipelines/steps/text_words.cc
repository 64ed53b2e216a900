// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/text_words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "pipelines/steps/utf8.h"

namespace omserve {
namespace {

constexpr float kWidestGap = 4;          // steps between two characters of one word, or
constexpr float kWidestPitches = 1.75F;  // of the line's usual step from one to the next, if more
constexpr size_t kLeastGaps = 4;         // that tell what is usual

const std::string& TextOf(const CtcCharacter& character, const Dictionary& dictionary) {
  return dictionary.At(static_cast<size_t>(character.index));
}

bool IsChinese(const CtcCharacter& character, const Dictionary& dictionary) {
  const char32_t point = FirstCodePoint(TextOf(character, dictionary));
  return point >= 0x4E00 && point <= 0x9FFF;
}

// Steps between two characters of one word: large and widely set letters stand far apart.
float WidestGap(std::span<const CtcCharacter> characters) {
  std::vector<float> gaps;
  for (size_t i = 1; i < characters.size(); ++i) {
    gaps.push_back(characters[i].column - characters[i - 1].column);
  }
  if (gaps.size() < kLeastGaps) return kWidestGap;
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return std::max(kWidestGap, kWidestPitches * *middle);
}

// Runs of one kind that no wide gap parts; spaces count as a kind of their own when 'part_spaces'.
std::vector<WordSpan> Runs(std::span<const CtcCharacter> characters, const Dictionary& dictionary,
                           bool part_spaces) {
  std::vector<WordSpan> runs;
  const float widest = WidestGap(characters);
  size_t first = 0;
  for (size_t i = 0; i < characters.size(); ++i) {
    const bool space = part_spaces && TextOf(characters[i], dictionary) == " ";
    const bool joined =
        i > first &&
        IsChinese(characters[i], dictionary) == IsChinese(characters[i - 1], dictionary) &&
        characters[i].column - characters[i - 1].column <= widest;
    if (i > first && (space || !joined)) {
      runs.push_back({first, i});
      first = i;
    }
    if (space) first = i + 1;
  }
  if (first < characters.size()) runs.push_back({first, characters.size()});
  return runs;
}

}  // namespace

std::vector<LineSpan> CharacterSpans(std::span<const CtcCharacter> characters,
                                     const Dictionary& dictionary, float columns) {
  std::vector<LineSpan> spans;
  if (characters.empty() || !(columns > 0)) return spans;
  // The mean pitch of each kind over its runs of two characters or more.
  std::array<float, 2> sum = {0, 0};
  std::array<int, 2> runs = {0, 0};
  for (const WordSpan& run : Runs(characters, dictionary, /*part_spaces=*/false)) {
    if (run.last - run.first < 2) continue;
    const size_t kind = IsChinese(characters[run.first], dictionary) ? 1 : 0;
    sum[kind] += (characters[run.last - 1].column - characters[run.first].column) /
                 static_cast<float>(run.last - run.first - 1);
    ++runs[kind];
  }
  for (const CtcCharacter& character : characters) {
    const size_t kind = IsChinese(character, dictionary) ? 1 : 0;
    const float width = runs[kind] > 0 ? sum[kind] / static_cast<float>(runs[kind])
                                       : columns / static_cast<float>(characters.size());
    const float middle = character.column + 0.5F;
    spans.push_back({std::clamp((middle - width / 2) / columns, 0.0F, 1.0F),
                     std::clamp((middle + width / 2) / columns, 0.0F, 1.0F)});
  }
  for (size_t i = 0; i + 1 < spans.size(); ++i) {
    if (spans[i].end <= spans[i + 1].start) continue;
    spans[i].end = spans[i + 1].start = (spans[i].end + spans[i + 1].start) / 2;
  }
  return spans;
}

std::vector<WordSpan> GroupWords(std::span<const CtcCharacter> characters,
                                 const Dictionary& dictionary) {
  return Runs(characters, dictionary, /*part_spaces=*/true);
}

}  // namespace omserve
