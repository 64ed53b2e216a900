// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/dictionary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipelines/steps/utf8.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

TEST(DictionaryTest, BlankFirstSpaceLast) {
  const auto dictionary = Dictionary::Parse("a\n中\nB", /*use_space=*/true);
  ASSERT_TRUE(dictionary.ok()) << dictionary.status();
  ASSERT_EQ(dictionary->classes(), 5U);
  EXPECT_EQ(dictionary->At(0), "");
  EXPECT_EQ(dictionary->At(2), "中");
  EXPECT_EQ(dictionary->At(4), " ");
  EXPECT_EQ(Dictionary::Parse("a\n中\nB\n", false)->classes(), 4U);
}

// Line 5710 of ppocr_keys_v1 is the ideographic space; trimming would lose it and shift the rest.
TEST(DictionaryTest, NoLineIsTrimmed) {
  const auto dictionary = Dictionary::Parse("\u3000\n \nx", /*use_space=*/false);
  ASSERT_TRUE(dictionary.ok()) << dictionary.status();
  EXPECT_EQ(dictionary->At(1), "\u3000");
  EXPECT_EQ(dictionary->At(2), " ");
  EXPECT_EQ(dictionary->At(3), "x");
}

TEST(DictionaryTest, RefusesEmptyLinesAndOtherBytes) {
  EXPECT_THAT(std::string(Dictionary::Parse("a\n\nb", true).status().message()),
              HasSubstr("line 2 is empty"));
  EXPECT_THAT(std::string(Dictionary::Parse("a\nb\n\xFFq", true).status().message()),
              HasSubstr("line 3 is not UTF-8"));
  EXPECT_FALSE(Dictionary::Parse("", true).ok());
}

TEST(Utf8Test, TellsWhatIsUtf8) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("a\u00e9\u4e2d\U0001F600"));
  EXPECT_FALSE(IsUtf8("\xC0\x80"));          // overlong
  EXPECT_FALSE(IsUtf8("\xE0\x80\x80"));      // overlong
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsUtf8("\xE4\xB8"));          // cut off
  EXPECT_FALSE(IsUtf8("\x80"));
}

TEST(Utf8Test, GivesTheFirstCodePoint) {
  EXPECT_EQ(FirstCodePoint(""), 0U);
  EXPECT_EQ(FirstCodePoint("A中"), U'A');
  EXPECT_EQ(FirstCodePoint("中A"), U'中');
  EXPECT_EQ(FirstCodePoint("\U0001F600"), U'\U0001F600');
}

}  // namespace
}  // namespace omserve
