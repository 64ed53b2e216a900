// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/base/spare_nodes.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace omserve {
namespace {

using Names = std::map<int, std::string>;

std::vector<int> Keys(const Names& names) {
  std::vector<int> keys;
  for (const auto& [key, name] : names) keys.push_back(key);
  return keys;
}

TEST(SpareNodesTest, ANodeComesBackUnderItsNewKeyAndInItsPlace) {
  Names names;
  SpareNodes<Names> spare;
  for (const int key : {1, 2, 3}) spare.Add(names, key) = "new";
  const std::string* const was = &names.at(2);
  names.at(2) = "as it was";
  spare.Keep(names.extract(2));
  EXPECT_EQ(Keys(names), (std::vector<int>{1, 3}));
  const std::string& again = spare.Add(names, 0);
  EXPECT_EQ(&again, was);
  EXPECT_EQ(again, "as it was");
  EXPECT_EQ(Keys(names), (std::vector<int>{0, 1, 3}));
  EXPECT_EQ(spare.Add(names, 4), "");  // none is left
  EXPECT_EQ(Keys(names), (std::vector<int>{0, 1, 3, 4}));
}

TEST(SpareNodesTest, WhatWasNotThereIsNotKept) {
  Names names;
  SpareNodes<Names> spare;
  spare.Keep(names.extract(7));
  spare.Add(names, 8) = "eight";
  EXPECT_EQ(Keys(names), (std::vector<int>{8}));
}

}  // namespace
}  // namespace omserve
