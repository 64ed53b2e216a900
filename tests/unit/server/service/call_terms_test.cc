// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/call_terms.h"

#include <initializer_list>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

constexpr auto kNever = std::chrono::system_clock::time_point::max();

TEST(ParseCallTermsTest, LeavesTheDefaultsWithoutOurKeys) {
  const auto terms = ParseCallTerms({{"user-agent", "x"}, {"omserve-other", "?"}});
  ASSERT_TRUE(terms.ok());
  EXPECT_EQ(terms->budget, absl::InfiniteDuration());
  EXPECT_EQ(terms->priority, Priority::kInteractive);
}

TEST(ParseCallTermsTest, ReadsBudgets) {
  const std::pair<const char*, absl::Duration> cases[] = {
      {"50", absl::Milliseconds(50)},
      {"0.25", absl::Microseconds(250)},
      {"1e+06", absl::Seconds(1000)},
      {"86400000", absl::Hours(24)},
  };
  for (const auto& [text, budget] : cases) {
    const auto terms = ParseCallTerms({{"omserve-budget-ms", text}});
    ASSERT_TRUE(terms.ok()) << text;
    EXPECT_EQ(terms->budget, budget) << text;
  }
}

TEST(ParseCallTermsTest, ReadsPriorities) {
  EXPECT_EQ(ParseCallTerms({{"omserve-priority", "batch"}})->priority, Priority::kBatch);
  EXPECT_EQ(ParseCallTerms({{"omserve-priority", "interactive"}})->priority,
            Priority::kInteractive);
}

TEST(ParseCallTermsTest, ReadsTheCallersSpanAndIgnoresWhatIsNone) {
  const char* const span = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto terms = ParseCallTerms({{"traceparent", span}});
  ASSERT_TRUE(terms.ok() && terms->parent.has_value());
  EXPECT_EQ(terms->parent->SpanId(), "00f067aa0ba902b7");
  EXPECT_FALSE(ParseCallTerms({})->parent.has_value());
  EXPECT_FALSE(ParseCallTerms({{"traceparent", "00-nonsense"}})->parent.has_value());
  EXPECT_FALSE(ParseCallTerms({{"traceparent", span}, {"traceparent", span}})->parent.has_value());
}

TEST(ParseCallTermsTest, RefusesNonsense) {
  for (const char* text : {"", "0", "-1", "nan", "inf", "soon", "50ms", "50 60", "86400001"}) {
    const auto terms = ParseCallTerms({{"omserve-budget-ms", text}});
    EXPECT_TRUE(absl::IsInvalidArgument(terms.status())) << text;
    EXPECT_THAT(std::string(terms.status().message()), StartsWith("omserve-budget-ms: '"));
  }
  for (const char* text : {"", "high", "Batch", "0", "batch "}) {
    const auto terms = ParseCallTerms({{"omserve-priority", text}});
    EXPECT_TRUE(absl::IsInvalidArgument(terms.status())) << text;
    EXPECT_THAT(std::string(terms.status().message()), HasSubstr("'interactive' or 'batch'"));
  }
}

TEST(ParseCallTermsTest, RefusesAKeyThatIsThereTwice) {
  const auto terms = ParseCallTerms({{"omserve-budget-ms", "5"}, {"omserve-budget-ms", "5"}});
  EXPECT_EQ(terms.status(),
            absl::InvalidArgumentError("omserve-budget-ms: is there more than once"));
}

TEST(ParseCallTermsTest, ShowsLittleOfStrangeValues) {
  const std::string strange = "\x01" + std::string(5000, 'x');
  const auto terms = ParseCallTerms({{"omserve-priority", strange}});
  EXPECT_LT(terms.status().message().size(), 100u);
  EXPECT_THAT(std::string(terms.status().message()), HasSubstr("\\x01"));
}

TEST(BudgetEndTest, TakesWhicheverComesFirst) {
  const absl::Time received = absl::FromUnixSeconds(1000);
  const absl::Duration standard = absl::Seconds(30);
  CallTerms none;
  CallTerms short_budget;
  short_budget.budget = absl::Milliseconds(50);
  const auto wire = [&](absl::Duration after) { return absl::ToChronoTime(received + after); };
  EXPECT_EQ(BudgetEnd(none, kNever, received, standard), received + standard);
  EXPECT_EQ(BudgetEnd(none, wire(absl::Minutes(5)), received, standard),
            received + absl::Minutes(5));
  EXPECT_EQ(BudgetEnd(short_budget, kNever, received, standard), received + absl::Milliseconds(50));
  EXPECT_EQ(BudgetEnd(short_budget, wire(absl::Seconds(10)), received, standard),
            received + absl::Milliseconds(50));
  EXPECT_EQ(BudgetEnd(short_budget, wire(absl::Milliseconds(20)), received, standard),
            received + absl::Milliseconds(20));
}

}  // namespace
}  // namespace omserve
