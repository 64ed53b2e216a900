// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "pipelines/base/status_macros.h"
#include "tests/simulation/capacity_plan.h"

namespace omserve::simulation {
namespace {

using nlohmann::ordered_json;

constexpr double kMostItems = 100000;
constexpr double kMostMilliseconds = 1e7;
constexpr int64_t kParts = 100;

// Those of one model: gear to time.
absl::StatusOr<std::map<int, absl::Duration>> ReadGears(const std::string& stage,
                                                        const ordered_json& model) {
  std::map<int, absl::Duration> gears;
  if (!model.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("models.", stage, ": is no object"));
  }
  for (const auto& [key, value] : model.items()) {
    if (key == "source" || key == "load_ms" || key == "first_run_ms") continue;
    int gear = 0;
    if (!absl::SimpleAtoi(key, &gear) || gear < 1) {
      return absl::InvalidArgumentError(absl::StrCat(
          "models.", stage, ".", key, ": is no batch gear; only those can be planned with"));
    }
    if (!value.is_number() || !(value.get<double>() >= 0) ||
        value.get<double>() > kMostMilliseconds) {
      return absl::InvalidArgumentError(
          absl::StrCat("models.", stage, ".", key, ": is no time in milliseconds"));
    }
    gears[gear] = absl::Milliseconds(value.get<double>());
  }
  if (gears.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("models.", stage, ": has no gear"));
  }
  return gears;
}

}  // namespace

absl::StatusOr<PipelineModel> ReadProfile(const std::string& json,
                                          const std::vector<std::string>& stages) {
  const ordered_json profile = ordered_json::parse(json, nullptr, false);
  if (profile.is_discarded() || !profile.is_object() || !profile.contains("models") ||
      !profile["models"].is_object()) {
    return absl::InvalidArgumentError("is no JSON object with 'models'");
  }
  const ordered_json& models = profile["models"];
  std::vector<std::string> names = stages;
  if (names.empty()) {
    for (const auto& [name, model] : models.items()) names.push_back(name);
  }
  if (names.empty()) return absl::InvalidArgumentError("models: there is none");
  absl::Duration overhead;
  if (profile.contains("execute_overhead_us")) {
    if (!profile["execute_overhead_us"].is_number()) {
      return absl::InvalidArgumentError("execute_overhead_us: is no number");
    }
    overhead = absl::Microseconds(profile["execute_overhead_us"].get<double>());
  }
  PipelineModel out;
  out.spec.name = "pipeline";
  for (const std::string& name : names) {
    if (!models.contains(name)) {
      return absl::NotFoundError(absl::StrCat("models: there is no '", name, "'"));
    }
    using Gears = std::map<int, absl::Duration>;
    OMSERVE_ASSIGN_OR_RETURN(const Gears gears, ReadGears(name, models[name]));
    scheduling::StageSpec spec;
    spec.name = name;
    spec.max_queue_items = 1 << 20;
    spec.skippable = !out.spec.stages.empty();
    StageTime time;
    for (const auto& [gear, took] : gears) {
      spec.gears.push_back(gear);
      time.table.push_back(took + overhead);
    }
    out.spec.stages.push_back(std::move(spec));
    out.times.push_back(std::move(time));
  }
  return out;
}

absl::StatusOr<ItemModel> ReadItems(const std::string& text) {
  ItemModel items;
  std::vector<double> numbers;
  for (const std::string& part : std::vector<std::string>(absl::StrSplit(text, ','))) {
    double number = 0;
    if (!absl::SimpleAtod(part, &number) || !(number >= 0 && number <= kMostItems)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", part, "' is no number of items from 0 to 100000"));
    }
    numbers.push_back(number);
  }
  const double mean = numbers[0];
  if (numbers.size() == 1 && mean == std::floor(mean)) {
    items.most = static_cast<int64_t>(mean);
    return items;
  }
  items.kind = ItemModel::Kind::kListed;
  if (numbers.size() > 1) {
    for (const double number : numbers) {
      if (number != std::floor(number)) {
        return absl::InvalidArgumentError(absl::StrCat("'", number, "' is no whole number"));
      }
      items.listed.push_back(static_cast<int64_t>(number));
    }
    return items;
  }
  // In hundredths, by how many of a hundred are the higher one.
  const auto low = static_cast<int64_t>(std::floor(mean));
  const auto higher = std::llround((mean - std::floor(mean)) * kParts);
  for (int64_t i = 0; i < kParts; ++i) items.listed.push_back(i < higher ? low + 1 : low);
  return items;
}

}  // namespace omserve::simulation
