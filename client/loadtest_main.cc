// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "client/answer_json.h"
#include "client/command_line.h"
#include "client/error_advice.h"
#include "client/load_run.h"
#include "client/picture_files.h"

namespace omserve::client {
namespace {

absl::StatusOr<std::vector<std::string>> ReadPictures(const std::vector<std::string>& paths) {
  const auto files = ListPictures(paths);
  if (!files.ok()) {
    return files.status();
  }
  std::vector<std::string> pictures;
  for (const std::string& file : *files) {
    absl::StatusOr<std::string> bytes = ReadFile(file);
    if (!bytes.ok()) {
      return bytes.status();
    }
    pictures.push_back(*std::move(bytes));
  }
  return pictures;
}

int Run(const LoadCommand& command) {
  const auto pictures = ReadPictures(command.images);
  if (!pictures.ok()) {
    std::cerr << "error: --images: " << DescribeError(pictures.status()) << "\n";
    return 1;
  }
  const absl::StatusOr<LoadSummary> summary = RunLoad(command, *pictures);
  if (!summary.ok()) {
    std::cerr << "error: " << DescribeError(summary.status()) << "\n  -> "
              << AdviceFor(summary.status(), command.server) << "\n";
    return 1;
  }
  if (command.json) {
    nlohmann::json document = ToJson(*summary);
    document["method"] = command.method == LoadCommand::Method::kDetect ? "detect" : "embed";
    document["server"] = command.server;
    document["in_flight"] = command.in_flight;
    document["warmup"] = command.warmup;
    std::cout << Dump(document) << "\n";
  } else {
    std::cout << FormatLoad(*summary);
  }
  return summary->errors.empty() ? 0 : 1;
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
