// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/doctor/profile.h"

namespace omserve {
namespace {

constexpr double kGiB = 1 << 30;
constexpr size_t kNarrowest = 5;  // columns for the names of models

double Ms(absl::Duration time) { return absl::ToDoubleMilliseconds(time); }

void AddCopies(const CopySpeed& copies, std::string& text) {
  const auto add = [&](const char* way, const CopyWaySpeed& speed) {
    absl::StrAppendFormat(&text, "  %s %.1f us + bytes / %.2f GB/s", way, speed.latency_us,
                          speed.gb_per_s);
  };
  absl::StrAppend(&text, "copies");
  add("h2d", copies.h2d);
  add("d2h", copies.d2h);
  add("d2d", copies.d2d);
  absl::StrAppend(&text, "\n");
}

void AddModels(const std::vector<ModelTimes>& models, std::string& text) {
  size_t width = kNarrowest;
  for (const ModelTimes& model : models) width = std::max(width, model.om.size());
  const int columns = static_cast<int>(width);
  absl::StrAppendFormat(&text, "%-*s  gear  runs  median ms     p10     p90  ms/item\n", columns,
                        "model");
  for (const ModelTimes& model : models) {
    for (const GearTime& gear : model.gears) {
      absl::StrAppendFormat(&text, "%-*s  %4d  %4d  %9.3f  %6.3f  %6.3f  %7.3f\n", columns,
                            model.om, gear.gear, gear.runs, Ms(gear.median), Ms(gear.p10),
                            Ms(gear.p90), Ms(gear.median) / gear.gear);
    }
    if (!model.problem.empty()) absl::StrAppend(&text, model.om, "  ! ", model.problem, "\n");
  }
}

void AddConformance(const std::vector<ConformanceResult>& results, std::string& text) {
  if (results.empty()) return;
  int passed = 0, skipped = 0, failed = 0;
  std::string details;
  for (const ConformanceResult& result : results) {
    passed += result.passed;
    skipped += result.skipped;
    failed += static_cast<int>(result.failures.size());
    for (const ConformanceFailure& failure : result.failures) {
      absl::StrAppend(&details, "  ! ", result.program, ": ", failure.test, "\n");
    }
    if (!result.problem.empty()) {
      absl::StrAppend(&details, "  ! ", result.program, ": ", result.problem, "\n");
    }
  }
  absl::StrAppend(&text, "conformance  ", passed, " passed, ", failed, " failed, ", skipped,
                  " skipped, in ", results.size(), " programs\n", details);
}

}  // namespace

std::string ProfileText(const ProfileReport& report) {
  std::string text =
      absl::StrFormat("%s, %.1f GiB, ACL interface %s\n", report.chip,
                      static_cast<double>(report.device_memory) / kGiB,
                      report.library.empty() ? std::string("unknown") : report.library);
  if (report.copies.has_value()) AddCopies(*report.copies, text);
  AddModels(report.models, text);
  AddConformance(report.conformance, text);
  for (const std::string& problem : report.problems) absl::StrAppend(&text, "! ", problem, "\n");
  absl::StrAppend(&text, "written\n  ", report.profile_path,
                  "  HOSTACL_PROFILE=... acts these times on a CPU\n  ", report.golden_folder,
                  "  omserve-doctor compare GOLDEN MODELS checks another machine\n  ",
                  report.report_path, "  all of it\n");
  return text;
}

}  // namespace omserve
