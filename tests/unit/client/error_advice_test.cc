// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/error_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omserve::client {
namespace {

using ::testing::HasSubstr;

TEST(ErrorAdviceTest, SaysWhatToDoNext) {
  EXPECT_THAT(AdviceFor(absl::UnavailableError(""), "h:1"), HasSubstr("running at h:1"));
  EXPECT_THAT(AdviceFor(absl::UnavailableError(""), "h:1"), HasSubstr("make serve"));
  EXPECT_THAT(AdviceFor(absl::DeadlineExceededError(""), ""), HasSubstr("--deadline-ms"));
  EXPECT_THAT(AdviceFor(absl::ResourceExhaustedError(""), ""), HasSubstr("--in-flight"));
  EXPECT_THAT(AdviceFor(absl::NotFoundError(""), ""), HasSubstr("omserve-client models"));
  EXPECT_THAT(AdviceFor(absl::InvalidArgumentError(""), ""), HasSubstr("names"));
  EXPECT_THAT(AdviceFor(absl::UnimplementedError(""), "h:1"), HasSubstr("h:1"));
  EXPECT_THAT(AdviceFor(absl::InternalError(""), ""), HasSubstr("log"));
  EXPECT_EQ(AdviceFor(absl::CancelledError(), ""), "");
}

TEST(ErrorAdviceTest, DescribesCodeAndMessage) {
  EXPECT_EQ(DescribeError(absl::NotFoundError("model x")), "NOT_FOUND: model x");
}

}  // namespace
}  // namespace omserve::client
