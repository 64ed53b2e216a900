// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/admission.h"

#include <optional>

#include "gtest/gtest.h"

namespace omserve {
namespace {

TEST(AdmissionTest, RefusesAboveTheLimitAndLetsInAgain) {
  Admission admission(1);
  std::optional<Admission::Ticket> first(*admission.Enter());
  EXPECT_EQ(admission.inflight(), 1);
  const auto second = admission.Enter();
  EXPECT_TRUE(absl::IsResourceExhausted(second.status()));
  EXPECT_EQ(second.status().message(), "too many requests at work (limit 1); try again in 50 ms");
  first.reset();
  EXPECT_EQ(admission.inflight(), 0);
  EXPECT_TRUE(admission.Enter().ok());
}

TEST(AdmissionTest, StreamsHaveALimitOfTheirOwn) {
  Admission admission(1, 1);
  std::optional<Admission::Ticket> stream(*admission.EnterStream());
  EXPECT_EQ(admission.inflight(), 0);
  EXPECT_TRUE(admission.Enter().ok());
  EXPECT_EQ(admission.EnterStream().status().message(),
            "too many streams open (limit 1); try again in 50 ms");
  admission.Close();
  EXPECT_FALSE(admission.WaitEmpty(absl::InfinitePast(), Clock::Real())) << "a stream is open";
  stream.reset();
  EXPECT_TRUE(admission.WaitEmpty(absl::InfinitePast(), Clock::Real()));
  EXPECT_TRUE(absl::IsUnavailable(admission.EnterStream().status()));
}

TEST(AdmissionTest, RefusesOnceClosedAndTellsWhenEmpty) {
  Admission admission(2);
  std::optional<Admission::Ticket> inside(*admission.Enter());
  admission.Close();
  EXPECT_TRUE(absl::IsUnavailable(admission.Enter().status()));
  EXPECT_FALSE(admission.WaitEmpty(absl::InfinitePast(), Clock::Real()));
  inside.reset();
  EXPECT_TRUE(admission.WaitEmpty(absl::InfiniteFuture(), Clock::Real()));
}

}  // namespace
}  // namespace omserve
