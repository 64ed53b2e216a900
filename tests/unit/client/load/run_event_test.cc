// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/run_event.h"

#include <gtest/gtest.h>

#include <chrono>

#include "client/load/event_player.h"
#include "client/load/load_plan.h"

namespace omserve::client {
namespace {

TEST(RunEventTest, RefusesWhatMakesNoSense) {
  for (const char* text :
       {"{}", "[1]", "[{}]", R"([{"do": "reload"}])", R"([{"do": "mark", "model": "m"}])",
        R"([{"do": "command"}])", R"([{"do": "mark", "command": "x"}])",
        R"([{"do": "mark", "at_s": -1}])", R"([{"do": "mark", "times": 2}])",
        R"([{"do": "mark", "times": 0, "every_s": 1}])", R"([{"do": "mark", "colour": "x"}])",
        R"([{"do": 1}])"}) {
    EXPECT_EQ(ReadRunEvents(nlohmann::json::parse(text)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(RunEventTest, HappensByTimeAndTellsWhatBecameOfIt) {
  const auto events = ReadRunEvents(nlohmann::json::parse(
      R"([{"do": "command", "command": "exit 3"}, {"do": "command", "command": "true"},
          {"do": "reconnect"}, {"do": "mark", "name": "noon"},
          {"do": "reload", "model": "m"}, {"do": "mark", "at_s": 80000}])"));
  ASSERT_TRUE(events.ok()) << events.status();
  LoadPlan plan;  // of cameras: what is measured begins with the run
  plan.begin = std::chrono::steady_clock::now();
  const LoadProgress progress(plan);
  int reconnects = 0;
  std::vector<RunEventOutcome> outcomes;
  {
    Mutex mutex;
    CondVar never;
    EventPlayer player(*events, "127.0.0.1:1", {}, &progress, [&reconnects] { ++reconnects; });
    // Until all but the last have begun, which is never due here.
    for (int i = 0; i < 1000 && player.begun() < 5; ++i) {
      MutexLock lock(mutex);
      never.WaitFor(mutex, absl::Milliseconds(10));
    }
    outcomes = player.Stop();
  }
  ASSERT_EQ(outcomes.size(), 5U);
  EXPECT_EQ(outcomes[0].status.code(), absl::StatusCode::kUnknown) << "exit status 3";
  EXPECT_TRUE(outcomes[1].status.ok()) << outcomes[1].status;
  EXPECT_EQ(reconnects, 1);
  EXPECT_EQ(outcomes[3].name, "noon");
  EXPECT_EQ(outcomes[4].status.code(), absl::StatusCode::kUnavailable) << "nobody is there";
  for (const RunEventOutcome& outcome : outcomes) EXPECT_GE(outcome.at_s, 0);
}

}  // namespace
}  // namespace omserve::client
