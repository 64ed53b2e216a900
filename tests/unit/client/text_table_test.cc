// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/text_table.h"

#include <gtest/gtest.h>

namespace omserve::client {
namespace {

TEST(TextTableTest, AlignsColumns) {
  TextTable table({{"name"}, {"score", TextTable::Align::kRight}, {"note"}});
  table.AddRow({"a", "0.5", "x"});
  table.AddRow({"longer", "10.25"});
  EXPECT_EQ(table.Format(),
            "name    score  note\n"
            "------  -----  ----\n"
            "a         0.5  x\n"
            "longer  10.25\n");
}

TEST(TextTableTest, CountsCodePoints) {
  TextTable table({{"n"}, {"v"}});
  table.AddRow({"é", "1"});
  table.AddRow({"e", "2"});
  EXPECT_EQ(table.Format(), "n  v\n-  -\né  1\ne  2\n");
}

TEST(TextTableTest, DropsCellsBeyondTheLastColumn) {
  TextTable table({{"n"}});
  table.AddRow({"1", "2"});
  EXPECT_EQ(table.Format(), "n\n-\n1\n");
}

}  // namespace
}  // namespace omserve::client
