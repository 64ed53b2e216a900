// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace omserve::client {
namespace {

// What a bar of 'total' items writes.
std::string Written(int total, bool terminal) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  ProgressBar bar(total, file.get(), terminal);
  for (int i = 0; i < total; ++i) {
    bar.Advance();
  }
  std::rewind(file.get());
  std::string text;
  for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) {
    text.push_back(static_cast<char>(c));
  }
  return text;
}

TEST(ProgressBarTest, RedrawsAndWipesOnATerminal) {
  const std::string text = Written(2, true);
  EXPECT_THAT(text, ::testing::HasSubstr("1/2"));
  EXPECT_TRUE(text.ends_with("\r\x1b[K"));
}

TEST(ProgressBarTest, WritesALineEveryTenthForManyItems) {
  EXPECT_EQ(Written(100, false),
            "10/100\n20/100\n30/100\n40/100\n50/100\n60/100\n70/100\n80/100\n90/100\n100/100\n");
}

TEST(ProgressBarTest, IsSilentForFewItems) {
  EXPECT_EQ(Written(5, false), "");
  EXPECT_EQ(Written(1, true), "");
}

}  // namespace
}  // namespace omserve::client
