// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

namespace {

// Children start the program afresh: a copy of a process with a device's threads would hang.
class ThreadsafeChildren : public ::testing::Environment {
 public:
  // Not in a constructor: GoogleTest's own flags may come to life later.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

[[maybe_unused]] const ::testing::Environment* const kStyle =
    ::testing::AddGlobalTestEnvironment(new ThreadsafeChildren());

}  // namespace
