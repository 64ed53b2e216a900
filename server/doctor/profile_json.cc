// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "server/doctor/profile.h"

namespace omserve {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMiB = 1 << 20;

// Three digits behind the point are nanoseconds of a microsecond; more would be noise.
double Ms(absl::Duration time) { return static_cast<double>(absl::ToInt64Nanoseconds(time)) / 1e6; }

Json ByWay(const CopySpeed& copies, double CopyWaySpeed::* value) {
  return {{"h2d", copies.h2d.*value}, {"d2h", copies.d2h.*value}, {"d2d", copies.d2d.*value}};
}

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string TimingProfile(const ProfileReport& report) {
  Json json;
  json["source"] = absl::StrCat("omserve-doctor profile on ", report.chip, ", ACL interface ",
                                report.library.empty() ? "unknown" : report.library,
                                ": medians of the device's own clock, one run at a time");
  json["compute"] = "replay";
  json["soc"] = report.chip;
  json["device_memory_mib"] = report.device_memory / kMiB;
  if (report.copies.has_value()) {
    json["copy_gb_per_s"] = ByWay(*report.copies, &CopyWaySpeed::gb_per_s);
    json["copy_latency_us"] = ByWay(*report.copies, &CopyWaySpeed::latency_us);
  }
  json["models"] = Json::object();
  for (const ModelTimes& model : report.models) {
    if (model.gears.empty() || json["models"].contains(model.name)) continue;
    Json& times = json["models"][model.name];
    times["load_ms"] = Ms(model.load);
    times["first_run_ms"] = Ms(model.first_run_more);
    for (const GearTime& gear : model.gears) times[absl::StrCat(gear.gear)] = Ms(gear.median);
  }
  return Dump(json);
}

std::string ProfileJson(const ProfileReport& report) {
  Json json = {{"chip", report.chip},
               {"library", report.library},
               {"device_memory", report.device_memory},
               {"ok", report.ok()},
               {"profile", report.profile_path},
               {"golden", report.golden_folder}};
  if (report.copies.has_value()) {
    json["copy_gb_per_s"] = ByWay(*report.copies, &CopyWaySpeed::gb_per_s);
    json["copy_latency_us"] = ByWay(*report.copies, &CopyWaySpeed::latency_us);
  }
  json["models"] = Json::array();
  for (const ModelTimes& model : report.models) {
    Json gears = Json::array();
    for (const GearTime& gear : model.gears) {
      gears.push_back({{"gear", gear.gear},
                       {"runs", gear.runs},
                       {"first_ms", Ms(gear.first)},
                       {"median_ms", Ms(gear.median)},
                       {"p10_ms", Ms(gear.p10)},
                       {"p90_ms", Ms(gear.p90)},
                       {"least_ms", Ms(gear.least)}});
    }
    json["models"].push_back({{"om", model.om},
                              {"name", model.name},
                              {"problem", model.problem},
                              {"load_ms", Ms(model.load)},
                              {"first_run_more_ms", Ms(model.first_run_more)},
                              {"gears", gears}});
  }
  json["conformance"] = Json::array();
  for (const ConformanceResult& result : report.conformance) {
    Json failures = Json::array();
    for (const ConformanceFailure& failure : result.failures) {
      failures.push_back({{"test", failure.test}, {"text", failure.text}});
    }
    json["conformance"].push_back({{"program", result.program},
                                   {"passed", result.passed},
                                   {"skipped", result.skipped},
                                   {"failures", failures},
                                   {"problem", result.problem}});
  }
  json["problems"] = report.problems;
  return Dump(json);
}

}  // namespace omserve
