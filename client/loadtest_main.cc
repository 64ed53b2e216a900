// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <iostream>
#include <utility>
#include <vector>

#include "client/answer_json.h"
#include "client/error_advice.h"
#include "client/load/load_command_line.h"
#include "client/load/load_progress_line.h"
#include "client/load/load_report.h"
#include "client/load/load_run.h"

namespace omserve::client {
namespace {

constexpr int kFailed = 1;
constexpr int kMistake = 2;

int Run(const LoadCommand& command) {
  const absl::StatusOr<std::vector<ClassSpec>> specs = ClassesOf(command);
  if (!specs.ok()) {
    std::cerr << "error: " << DescribeError(specs.status()) << "\n";
    return kMistake;
  }
  absl::StatusOr<std::vector<RequestClass>> classes = MakeClasses(*specs);
  if (!classes.ok()) {
    std::cerr << "error: pictures of " << DescribeError(classes.status()) << "\n";
    return kFailed;
  }
  LoadProgressLine line(stderr, command.progress && isatty(STDERR_FILENO) != 0);
  const absl::StatusOr<LoadResult> result =
      RunLoad(command.options, *std::move(classes),
              [&line](const LoadMoment& moment) { line.Show(moment); });
  line.End();
  if (!result.ok()) {
    std::cerr << "error: " << DescribeError(result.status()) << "\n  -> "
              << AdviceFor(result.status(), command.options.server) << "\n";
    return kFailed;
  }
  if (!command.records.empty()) {
    std::vector<std::string> names;
    for (const ClassSpec& spec : *specs) names.push_back(spec.name);
    if (absl::Status status = WriteRecords(command.records, result->records, names); !status.ok()) {
      std::cerr << "error: --records: " << status.message() << "\n";
      return kFailed;
    }
  }
  const LoadHead head = {.options = command.options, .classes = *specs};
  if (command.json) {
    std::cout << Dump(LoadJson(head, *result)) << "\n";
  } else {
    std::cout << LoadText(head, *result);
  }
  return HasFailed(command.fail_on, result->all) ? kFailed : 0;
}

}  // namespace
}  // namespace omserve::client

int main(int argc, char** argv) {
  const auto parsed = omserve::client::ParseLoadCommandLine(argc, argv);
  if (!parsed.command.has_value()) {
    (parsed.exit_status == 0 ? std::cout : std::cerr) << parsed.text;
    return parsed.exit_status;
  }
  return omserve::client::Run(*parsed.command);
}
