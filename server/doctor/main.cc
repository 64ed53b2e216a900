// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// omserve-doctor: what this machine, a folder of models or a Paddle log has wrong; init, profile
// and compare: commands.h. Exit codes: 0 no problem, 1 problems found (they are printed), 2 a wrong
// command line, or nothing to begin with.
#include <iostream>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "server/doctor/checkup.h"
#include "server/doctor/commands.h"

namespace {

constexpr int kProblems = 1;
constexpr int kUsage = 2;
constexpr int kGoOn = -1;

// kGoOn, or the parser's own exit code after --help (0) or a mistake.
int Parse(CLI::App& cli, int argc, char** argv) {
  CLI11_PARSE(cli, argc, argv);
  return kGoOn;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("omserve-doctor: looks at library and chips, at OM files, and at logs of Paddle");
  omserve::CheckupOptions options;
  bool json = false, no_device = false;
  cli.add_option("--acl-library", options.acl_library, "libascendcl.so: a path, or a name");
  cli.add_option("--model-dir", options.model_dir,
                 "OM files in it and below: readable, chip, gears");
  cli.add_option("--paddle-log", options.paddle_log,
                 "a log written with GLOG_v=3: the operators that fall back to the CPU");
  cli.add_flag("--no-device", no_device, "leave library and chips alone");
  cli.add_flag("--json", json, "one JSON document");
  int command = kGoOn;
  omserve::AddInitCommand(cli, command);
  omserve::AddProfileCommand(cli, command);
  omserve::AddCompareCommand(cli, command);
  cli.require_subcommand(0, 1);
  if (const int code = Parse(cli, argc, argv); code != kGoOn) return code == 0 ? 0 : kUsage;
  if (command != kGoOn) return command;
  options.device = !no_device;
  if (no_device && options.model_dir.empty() && options.paddle_log.empty()) {
    std::cerr << "omserve-doctor: nothing to look at; give --model-dir or --paddle-log\n";
    return kUsage;
  }
  const omserve::Checkup checkup = omserve::RunCheckup(options);
  std::cout << (json ? CheckupJson(checkup) : CheckupText(checkup)) << std::flush;
  return checkup.problems.empty() ? 0 : kProblems;
}
