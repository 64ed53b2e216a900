// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "client/answer_json.h"
#include "client/error_advice.h"
#include "client/load/kserve_request.h"
#include "client/load/load_channels.h"
#include "client/load/load_command_line.h"
#include "client/load/load_page.h"
#include "client/load/load_progress_view.h"
#include "client/load/load_report.h"
#include "client/load/load_run.h"
#include "client/load/timed_queue.h"

namespace omserve::client {
namespace {

constexpr int kFailed = 1;
constexpr int kMistake = 2;
constexpr int kUnstable = 3;

int Complain(const std::string& what, int exit_status) {
  std::cerr << "error: " << what << "\n";
  return exit_status;
}

absl::Status DeriveAllInputs(const LoadOptions& options, std::vector<ClassSpec>* classes) {
  for (ClassSpec& spec : *classes) {
    if (spec.method != ClassSpec::Method::kInfer) continue;
    const LoadChannels channels = OpenChannels(options.server, 1, options.access);
    if (absl::Status status = DeriveInputs(channels.front(), options.access, &spec); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

bool Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  return path.empty() || static_cast<bool>(file.flush());
}

// The files and the report on standard output; false, with a complaint, if one cannot be written.
bool Tell(const LoadCommand& command, const std::vector<ClassSpec>& classes,
          const LoadResult& result) {
  const LoadHead head = {.options = command.options, .classes = classes};
  const nlohmann::json document = LoadJson(head, result);
  if (command.json) {
    std::cout << Dump(document) << "\n";
  } else {
    std::cout << LoadText(head, result);
  }
  std::vector<std::string> names;
  for (const ClassSpec& spec : classes) names.push_back(spec.name);
  absl::Status status;
  if (!command.records.empty()) {
    status = WriteRecords(command.records, result.stats.records, names);
  }
  if (status.ok() && !Write(command.json_file, Dump(document) + "\n")) {
    status = absl::UnavailableError("cannot write " + command.json_file);
  }
  if (status.ok() && !Write(command.html, LoadPage(document))) {
    status = absl::UnavailableError("cannot write " + command.html);
  }
  if (!status.ok()) Complain(std::string(status.message()), kFailed);
  return status.ok();
}

int Run(LoadCommand command) {
  absl::StatusOr<Scenario> scenario = ScenarioOf(command);
  if (!scenario.ok()) {
    return Complain(DescribeError(scenario.status()), kMistake);
  }
  command.options.events = scenario->events;
  std::vector<ClassSpec>& specs = scenario->classes;
  if (const absl::Status derived = DeriveAllInputs(command.options, &specs); !derived.ok()) {
    return Complain("the inputs of the model: " + DescribeError(derived), kFailed);
  }
  absl::StatusOr<std::vector<RequestClass>> classes = MakeClasses(specs);
  if (!classes.ok()) {
    return Complain("requests of " + DescribeError(classes.status()), kFailed);
  }
  LoadProgressView view(stderr, command.progress && isatty(STDERR_FILENO) != 0);
  const absl::StatusOr<LoadResult> result =
      RunLoad(command.options, *std::move(classes),
              [&view](const LoadMoment& moment) { view.Show(moment); });
  view.End();
  if (!result.ok()) {
    return Complain(DescribeError(result.status()) + "\n  -> " +
                        AdviceFor(result.status(), command.options.server),
                    kFailed);
  }
  if (!Tell(command, specs, *result) || HasFailed(command.fail_on, result->all)) {
    return kFailed;
  }
  if (command.stable_within > 0 && !result->stability.IsStable(command.stable_within)) {
    return Complain("not stable: mean or p99 is not known as well as --stable-within asks",
                    kUnstable);
  }
  return 0;
}

}  // namespace
}  // namespace omserve::client

int main(int argc, char** argv) {
  // gRPC's locks look for deadlocks in some builds of Abseil; that would be a cost of every
  // request.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  omserve::client::PollToTheMicrosecond();
  const auto parsed = omserve::client::ParseLoadCommandLine(argc, argv);
  if (!parsed.command.has_value()) {
    (parsed.exit_status == 0 ? std::cout : std::cerr) << parsed.text;
    return parsed.exit_status;
  }
  return omserve::client::Run(*parsed.command);
}
