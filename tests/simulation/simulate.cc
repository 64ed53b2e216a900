// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Runs the scheduler in many random worlds. Exit status 1 when an invariant was broken in any.
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/simulation/figures.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/world.h"

namespace {

using omserve::scheduling::EndReason;
using omserve::scheduling::kEndReasons;
using namespace omserve::simulation;  // the program is the simulation's

// Of these, each is run twice and must go the same way.
constexpr uint64_t kRepeatEvery = 50;
constexpr int kShownFailures = 10;

struct Totals {
  int64_t failed = 0;
  int64_t events = 0;
  int64_t answered = 0;
  int64_t refused = 0;
  int64_t not_answered = 0;
  std::array<int64_t, kEndReasons> reasons{};
  uint64_t fingerprint = 0;  // of all traces, in order: a change that decides nothing keeps it
};

void Add(const WorldResult& result, Totals& totals) {
  totals.events += result.events;
  totals.fingerprint = totals.fingerprint * 0x100000001b3u + result.hash;
  for (const LoadResult& load : result.loads) {
    totals.answered += static_cast<int64_t>(load.latencies.size());
    totals.refused += load.refused;
    totals.not_answered += load.failed;
  }
  for (size_t i = 0; i < totals.reasons.size(); ++i) totals.reasons[i] += result.reasons[i];
}

void PrintFailure(const Scenario& scenario, const WorldResult& result, const char* program) {
  std::printf("\nFAILED  %s\n", Describe(scenario).c_str());
  for (const std::string& broken : result.broken) std::printf("  %s\n", broken.c_str());
  std::printf("  replay: %s --seed %llu --trace\n", program,
              static_cast<unsigned long long>(scenario.seed));
}

void PrintProgress(uint64_t done, uint64_t seeds, int64_t failed) {
  constexpr int kWidth = 40;
  const int filled = static_cast<int>(done * kWidth / seeds);
  std::fprintf(stderr, "\r[%s%s] %llu/%llu seeds, %lld failed",
               std::string(static_cast<size_t>(filled), '#').c_str(),
               std::string(static_cast<size_t>(kWidth - filled), '.').c_str(),
               static_cast<unsigned long long>(done), static_cast<unsigned long long>(seeds),
               static_cast<long long>(failed));
  if (done == seeds) std::fprintf(stderr, "\n");
}

int Replay(uint64_t seed, bool trace, const char* program) {
  const Scenario scenario = DrawScenario(seed);
  std::printf("%s\n", Describe(scenario).c_str());
  World world(scenario, [trace](const TraceEvent& event) {
    if (trace && event.kind != TraceEvent::Kind::kSettled) {
      std::printf("%s\n", ToString(event).c_str());
    }
  });
  const WorldResult result = world.Run();
  if (result.broken.empty()) {
    std::printf("all invariants held over %lld events\n", static_cast<long long>(result.events));
    return 0;
  }
  PrintFailure(scenario, result, program);
  return 1;
}

int RunSeeds(uint64_t from, uint64_t seeds, const char* program) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const absl::Time start = absl::Now();
  Totals totals;
  for (uint64_t i = 0; i < seeds; ++i) {
    const Scenario scenario = DrawScenario(from + i);
    WorldResult result = World(scenario, nullptr).Run();
    if (i % kRepeatEvery == 0 && World(scenario, nullptr).Run().hash != result.hash) {
      result.broken.push_back("the same seed went another way the second time");
    }
    Add(result, totals);
    if (!result.broken.empty() && ++totals.failed <= kShownFailures) {
      PrintFailure(scenario, result, program);
    }
    if (terminal && (i + 1 == seeds || i % 100 == 0)) PrintProgress(i + 1, seeds, totals.failed);
  }
  const double seconds = absl::ToDoubleSeconds(absl::Now() - start);
  std::printf("%llu seeds, %lld failed; %lld events in %.1f s\n",
              static_cast<unsigned long long>(seeds), static_cast<long long>(totals.failed),
              static_cast<long long>(totals.events), seconds);
  std::printf("requests: %lld answered, %lld refused at the door, %lld ended otherwise\njobs:",
              static_cast<long long>(totals.answered), static_cast<long long>(totals.refused),
              static_cast<long long>(totals.not_answered));
  for (size_t i = 0; i < totals.reasons.size(); ++i) {
    const std::string_view name = EndReasonName(static_cast<EndReason>(i));
    std::printf(" %.*s %lld", static_cast<int>(name.size()), name.data(),
                static_cast<long long>(totals.reasons[i]));
  }
  std::printf("\nfingerprint: %016llx\n", static_cast<unsigned long long>(totals.fingerprint));
  return totals.failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The scheduler in virtual time: invariants over random worlds, or figures.");
  uint64_t seeds = 20000;
  uint64_t from = 1;
  uint64_t seed = 0;
  bool trace = false;
  bool figures = false;
  app.add_option("--seeds", seeds, "worlds to run")->check(CLI::PositiveNumber);
  app.add_option("--from", from, "the first seed");
  app.add_option("--seed", seed, "replay this one");
  app.add_flag("--trace", trace, "with --seed: print every event");
  app.add_flag("--figures", figures, "measure what the policy is good for");
  CLI11_PARSE(app, argc, argv);
  if (figures) return PrintFigures();
  return seed != 0 ? Replay(seed, trace, argv[0]) : RunSeeds(from, seeds, argv[0]);
}
