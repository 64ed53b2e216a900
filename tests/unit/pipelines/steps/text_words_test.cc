// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/text_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TextWordsTest : public testing::Test {
 protected:
  // Classes: 1 a, 2 b, 3 中, 4 文, 5 the space.
  const Dictionary dictionary_ = *Dictionary::Parse("a\nb\n中\n文", true);

  std::vector<std::string> Words(const std::vector<CtcCharacter>& characters) const {
    std::vector<std::string> words;
    for (const WordSpan& word : GroupWords(characters, dictionary_)) {
      std::string& text = words.emplace_back();
      for (size_t i = word.first; i < word.last; ++i) {
        text += dictionary_.At(static_cast<size_t>(characters[i].index));
      }
    }
    return words;
  }
};

TEST_F(TextWordsTest, SpacesKindsAndGapsPartWords) {
  EXPECT_THAT(Words({{1, 1, 1}, {2, 1, 3}, {5, 1, 5}, {1, 1, 7}}), ElementsAre("ab", "a"));
  EXPECT_THAT(Words({{1, 1, 1}, {3, 1, 3}, {4, 1, 5}, {2, 1, 7}}), ElementsAre("a", "中文", "b"));
  // Four steps are one word, five are two.
  EXPECT_THAT(Words({{1, 1, 1}, {2, 1, 5}, {1, 1, 10}}), ElementsAre("ab", "a"));
  EXPECT_THAT(Words({{5, 1, 1}, {5, 1, 3}}), IsEmpty());
  EXPECT_THAT(Words({}), IsEmpty());
}

TEST_F(TextWordsTest, WidelySetLettersAreOneWord) {
  // Six steps from letter to letter; the gap of twelve is one between words.
  EXPECT_THAT(
      Words({{1, 1, 1}, {2, 1, 7}, {1, 1, 13}, {2, 1, 25}, {2, 1, 31}, {1, 1, 37}, {1, 1, 43}}),
      ElementsAre("aba", "bbaa"));
}

TEST_F(TextWordsTest, CharactersAreAsWideAsTheirPitch) {
  // Pitch 2 of 20 columns: each is a tenth of the line wide.
  const std::vector<CtcCharacter> line = {{1, 1, 3}, {2, 1, 5}, {1, 1, 7}};
  const auto spans = CharacterSpans(line, dictionary_, 20);
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_NEAR(spans[0].start, 2.5F / 20, 1e-6);
  EXPECT_NEAR(spans[0].end, 4.5F / 20, 1e-6);
  EXPECT_NEAR(spans[2].end, 8.5F / 20, 1e-6);
}

TEST_F(TextWordsTest, NeighboursDoNotOverlap) {
  const std::vector<CtcCharacter> line = {{3, 1, 2}, {4, 1, 8}, {3, 1, 9}, {4, 1, 15}};
  const auto spans = CharacterSpans(line, dictionary_, 20);
  for (size_t i = 0; i + 1 < spans.size(); ++i) EXPECT_LE(spans[i].end, spans[i + 1].start);
}

TEST_F(TextWordsTest, SpansStayOnTheLine) {
  const std::vector<CtcCharacter> line = {{1, 1, 0}, {2, 1, 30}};
  for (const LineSpan& span : CharacterSpans(line, dictionary_, 20)) {
    EXPECT_GE(span.start, 0);
    EXPECT_LE(span.start, span.end);
    EXPECT_LE(span.end, 1);
  }
  EXPECT_THAT(CharacterSpans({}, dictionary_, 20), IsEmpty());
  EXPECT_THAT(CharacterSpans(line, dictionary_, 0), IsEmpty());
}

}  // namespace
}  // namespace omserve
