// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// How many devices does a load need? Answered by the scheduler itself, in virtual time, on devices
// that take the times of a profile. Exit status 0 with an answer, 1 without one, 2 for a mistake.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "tests/simulation/capacity_plan.h"

namespace {

using namespace omserve::simulation;  // the program is the simulation's
using nlohmann::ordered_json;

constexpr int kMistake = 2;

struct Options {
  std::string profile;
  std::vector<std::string> stages, items, instances;
  double host_ms = 0, between_ms = 0, seconds = 60, noise = 0.02;
  double rate = 0, p99_ms = 0;
  int most = 64, in_flight = 0, devices = 1;
  uint64_t seed = 1;
  bool json = false;
};

int Fail(const std::string& what, const absl::Status& status) {
  std::fprintf(stderr, "capacity: %s: %s\n", what.c_str(), std::string(status.message()).c_str());
  return kMistake;
}

// NAME=VALUE; the place of the stage, or -1.
int StageOf(const CapacityModel& model, const std::string& option, std::string& value) {
  const size_t equals = option.find('=');
  if (equals == std::string::npos) return -1;
  value = option.substr(equals + 1);
  for (size_t i = 0; i < model.pipeline.spec.stages.size(); ++i) {
    if (model.pipeline.spec.stages[i].name == option.substr(0, equals)) return static_cast<int>(i);
  }
  return -1;
}

absl::StatusOr<CapacityModel> ModelOf(const Options& options) {
  std::ifstream file(options.profile);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto pipeline = ReadProfile(text, options.stages);
  if (!pipeline.ok()) return pipeline.status();
  CapacityModel model;
  model.pipeline = *std::move(pipeline);
  model.items.resize(model.pipeline.spec.stages.size());
  std::string value;
  for (const std::string& option : options.items) {
    const int stage = StageOf(model, option, value);
    auto items = ReadItems(value);
    if (stage < 0 || !items.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--items ", option, ": ",
                       stage < 0 ? "is no STAGE=ITEMS of the profile's stages"
                                 : std::string(items.status().message())));
    }
    model.items[static_cast<size_t>(stage)] = *std::move(items);
  }
  for (const std::string& option : options.instances) {
    const int stage = StageOf(model, option, value);
    const int count = stage < 0 ? 0 : std::atoi(value.c_str());
    if (count < 1 || count > 16) {
      return absl::InvalidArgumentError(
          absl::StrCat("--instances ", option, ": is no STAGE=NUMBER from 1 to 16"));
    }
    model.pipeline.spec.stages[static_cast<size_t>(stage)].instances = count;
  }
  model.host_before = absl::Milliseconds(options.host_ms);
  model.host_between = absl::Milliseconds(options.between_ms);
  model.noise = options.noise;
  model.seed = options.seed;
  model.lasting = absl::Seconds(options.seconds);
  return model;
}

double Milliseconds(absl::Duration time) { return absl::ToDoubleMilliseconds(time); }

ordered_json Json(const CapacityPoint& point) {
  const auto time = [](absl::Duration value) {  // infinity is no JSON
    return value == absl::InfiniteDuration() ? ordered_json() : ordered_json(Milliseconds(value));
  };
  return {{"devices", point.devices},
          {"offered_per_s", point.offered},
          {"answered_per_s", point.answered},
          {"within", point.within},
          {"p50_ms", time(point.p50)},
          {"p99_ms", time(point.p99)},
          {"busy", point.busy}};
}

int PrintSaturation(const CapacityModel& model, const Options& options) {
  const CapacityPoint point = Saturate(model, options.devices, options.in_flight);
  if (options.json) {
    std::printf("%s\n", Json(point).dump().c_str());
  } else {
    std::printf(
        "%d devices, %d requests in flight: %.2f answers/s, p50 %.1f ms, p99 %.1f ms, "
        "devices busy %.1f %%\n",
        options.devices, options.in_flight, point.answered, Milliseconds(point.p50),
        Milliseconds(point.p99), 100 * point.busy);
  }
  return 0;
}

int PrintPlan(const CapacityModel& model, const Options& options) {
  CapacityGoal goal;
  goal.rate = options.rate;
  goal.limit = absl::Milliseconds(options.p99_ms);
  goal.most_devices = options.most;
  const CapacityAnswer answer = PlanCapacity(model, goal);
  if (options.json) {
    ordered_json out = {{"rate_per_s", goal.rate},
                        {"p99_ms", options.p99_ms},
                        {"devices", answer.devices},
                        {"one_device_per_s", answer.one_device},
                        {"points", ordered_json::array()}};
    for (const CapacityPoint& point : answer.points) out["points"].push_back(Json(point));
    std::printf("%s\n", out.dump(2).c_str());
    return answer.devices > 0 ? 0 : 1;
  }
  std::printf("one device that never waits: %.2f answers/s\n\n", answer.one_device);
  std::printf("devices   answers/s   within %.0f ms       p50       p99    busy\n", options.p99_ms);
  for (const CapacityPoint& point : answer.points) {
    std::printf("%7d %11.1f %12.2f %% %6.0f ms %6.0f ms %5.0f %% %s\n", point.devices,
                point.answered, 100 * point.within, Milliseconds(point.p50),
                Milliseconds(point.p99), 100 * point.busy,
                point.devices == answer.devices ? " <- enough" : "");
  }
  if (answer.devices > 0) {
    std::printf("\n%d devices answer %.0f requests/s with p99 within %.0f ms.\n", answer.devices,
                goal.rate, options.p99_ms);
    return 0;
  }
  std::printf("\nNot with %d devices. A limit below the time of a batch cannot be kept by any.\n",
              goal.most_devices);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("How many devices does a load need? docs/capacity.md");
  Options options;
  app.add_option("--profile", options.profile, "times of the stages' gears (hostacl/profiles)")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--stages", options.stages, "those of the profile that a request passes, in order")
      ->delimiter(',');
  app.add_option("--items", options.items,
                 "STAGE=2.5 in the mean, or STAGE=0,3,60 of equal chance; 1 without");
  app.add_option("--instances", options.instances, "STAGE=NUMBER side by side on a device");
  app.add_option("--host-ms", options.host_ms, "host work before the first stage")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--between-ms", options.between_ms, "host work between stages")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--rate", options.rate, "requests a second")->check(CLI::PositiveNumber);
  app.add_option("--p99-ms", options.p99_ms, "99 of 100 within so long")
      ->check(CLI::PositiveNumber);
  app.add_option("--most", options.most, "devices to try")->check(CLI::Range(1, 1024));
  app.add_option("--in-flight", options.in_flight,
                 "instead: what --devices do with so many requests always at work")
      ->check(CLI::Range(1, 100000));
  app.add_option("--devices", options.devices, "with --in-flight")->check(CLI::Range(1, 1024));
  app.add_option("--seconds", options.seconds, "virtual time of a run")->check(CLI::Range(1, 3600));
  app.add_option("--noise", options.noise, "of device times")->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", options.seed, "of chance");
  app.add_flag("--json", options.json, "for programs");
  CLI11_PARSE(app, argc, argv);
  const auto model = ModelOf(options);
  if (!model.ok()) return Fail(options.profile, model.status());
  if (options.in_flight > 0) return PrintSaturation(*model, options);
  if (options.p99_ms > options.seconds * 1e3 / 4) {
    return Fail("--p99-ms",
                absl::InvalidArgumentError("is not far below --seconds; make a run longer"));
  }
  if (options.rate > 0 && options.p99_ms > 0) return PrintPlan(*model, options);
  return Fail("command line",
              absl::InvalidArgumentError("give --rate and --p99-ms, or --in-flight"));
}
