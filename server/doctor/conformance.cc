// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/conformance.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "server/doctor/child_process.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr char kPrefix[] = "conformance_";
constexpr absl::Duration kLimit = absl::Minutes(10);
constexpr int kTestsFailed = 1;  // GoogleTest's exit status then

std::string TextOf(const Json& object, const char* key) {
  const auto value = object.find(key);
  return value != object.end() && value->is_string() ? value->get<std::string>() : std::string();
}

const Json& ListOf(const Json& object, const char* key) {
  static const Json* const kNone = new Json(Json::array());
  const auto value = object.find(key);
  return value != object.end() && value->is_array() ? *value : *kNone;
}

std::string LibraryPath(const std::string& folder) {
  const char* const before = getenv("LD_LIBRARY_PATH");
  if (before == nullptr || *before == '\0') return folder;
  return absl::StrCat(folder, ":", before);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> FindConformance(const std::string& folder) {
  std::vector<std::string> programs;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code none;
    if (absl::StartsWith(entry->path().filename().string(), kPrefix) &&
        entry->is_regular_file(none) && access(entry->path().c_str(), X_OK) == 0) {
      programs.push_back(entry->path().string());
    }
  }
  if (programs.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "the conformance suite is not installed: no program ", kPrefix, "* in ", folder,
        "; cmake --install with --component omserve_doctor brings it, or build tests/conformance "
        "(its README tells how, on a card too) and give its folder with --conformance"));
  }
  std::sort(programs.begin(), programs.end());
  return programs;
}

std::string DefaultConformanceFolder() {
  std::error_code error;
  const fs::path bin = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path installed = bin.parent_path() / "libexec/omserve/conformance";
  if (fs::is_directory(installed, error)) return installed.string();
  return (bin.parent_path() / "tests").string();
}

absl::StatusOr<ConformanceResult> ParseGoogleTest(const std::string& json) {
  const Json root = Json::parse(json, nullptr, false);
  if (!root.is_object()) return absl::InvalidArgumentError("no report of GoogleTest");
  ConformanceResult result;
  for (const Json& suite : ListOf(root, "testsuites")) {
    for (const Json& test : ListOf(suite, "testsuite")) {
      if (!test.is_object() || TextOf(test, "status") == "NOTRUN") continue;
      const Json& failures = ListOf(test, "failures");
      if (!failures.empty()) {
        result.failures.push_back(
            {absl::StrCat(TextOf(test, "classname"), ".", TextOf(test, "name")),
             failures[0].is_object() ? TextOf(failures[0], "failure") : std::string()});
      } else if (TextOf(test, "result") == "SKIPPED") {
        ++result.skipped;
      } else {
        ++result.passed;
      }
    }
  }
  return result;
}

ConformanceResult RunConformance(const std::string& program, const std::string& library_folder,
                                 const std::string& log_folder) {
  const std::string name = fs::path(program).filename().string();
  const fs::path log = fs::absolute(fs::path(log_folder) / (name + ".log"));
  const fs::path report = fs::absolute(fs::path(log_folder) / (name + ".json"));
  std::error_code error;
  fs::create_directories(log_folder, error);
  fs::remove(report, error);
  ChildCommand command;
  command.arguments = {program, absl::StrCat("--gtest_output=json:", report.string())};
  // What acts a card's times and faults is not meant for the suite, which sets its own.
  command.variables = {{"HOSTACL_PROFILE", ""}, {"HOSTACL_FAULTS", ""}};
  if (!library_folder.empty()) {
    command.variables.emplace_back("LD_LIBRARY_PATH", LibraryPath(library_folder));
  }
  command.output = log.string();
  command.limit = kLimit;
  const absl::StatusOr<int> ended = RunChild(command);
  std::stringstream text;
  text << std::ifstream(report).rdbuf();
  absl::StatusOr<ConformanceResult> parsed = ParseGoogleTest(text.str());
  ConformanceResult result = parsed.ok() ? *std::move(parsed) : ConformanceResult();
  result.program = name;
  if (!ended.ok()) {
    result.problem = std::string(ended.status().message());
  } else if (!parsed.ok() || *ended > kTestsFailed) {
    result.problem =
        absl::StrCat("ended with status ", *ended, " and no report; see ", log.string());
  }
  return result;
}

}  // namespace omserve
