// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/commands.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "server/doctor/compare.h"
#include "server/doctor/init.h"
#include "server/doctor/profile.h"

namespace omserve {
namespace {

constexpr int kProblems = 1;
constexpr int kCannotBegin = 2;

// Options of one command, shared by the parser, which fills them, and by the callback.
template <typename Options>
struct Asked {
  Options options;
  bool json = false;
};

template <typename Report>
int Print(const absl::StatusOr<Report>& report, bool json, std::string (*text)(const Report&),
          std::string (*as_json)(const Report&)) {
  if (!report.ok()) {
    std::cerr << "omserve-doctor: " << std::string(report.status().message()) << "\n";
    return kCannotBegin;
  }
  std::cout << (json ? as_json(*report) : text(*report)) << std::flush;
  return report->ok() ? 0 : kProblems;
}

template <typename Options>
void AddShared(CLI::App& command, Asked<Options>& asked) {
  command.add_option("--acl-library", asked.options.acl_library,
                     "libascendcl.so: a path, or a name");
  command.add_flag("--json", asked.json, "one JSON document");
}

// What was said before the command's name holds, too.
template <typename Options>
void Inherit(const CLI::App& command, Asked<Options>& asked) {
  const CLI::App& whole = *command.get_parent();
  const CLI::Option& library = *whole.get_option("--acl-library");
  if (command.count("--acl-library") == 0 && library.count() > 0) {
    asked.options.acl_library = library.as<std::string>();
  }
  asked.json = asked.json || whole.count("--json") > 0;
  asked.options.progress = stderr;
}

}  // namespace

void AddInitCommand(CLI::App& cli, int& code) {
  CLI::App& command = *cli.add_subcommand("init", "writes a pipeline.pbtxt for every OM file");
  const auto asked = std::make_shared<Asked<InitOptions>>();
  command.add_option("FOLDER", asked->options.folder, "what omserve will get as --model-dir")
      ->required();
  command.add_flag("--force", asked->options.force, "write manifests that are there anew");
  command.add_flag("--dry-run", asked->options.dry_run, "print them, write nothing");
  AddShared(command, *asked);
  command.callback([asked, &command, &code] {
    Inherit(command, *asked);
    code = Print(RunInit(asked->options), asked->json, InitText, InitJson);
  });
}

void AddProfileCommand(CLI::App& cli, int& code) {
  CLI::App& command = *cli.add_subcommand(
      "profile",
      "times every gear, writes a hostacl profile and golden outputs, checks the library");
  const auto asked = std::make_shared<Asked<ProfileOptions>>();
  const auto seconds = std::make_shared<double>(5);
  const auto without = std::make_shared<bool>(false);
  ProfileOptions& options = asked->options;
  command.add_option("MODELS", options.models, "a folder with OM files, or one OM file")
      ->required();
  command.add_option("--out", options.out, "folder for everything that is written")->required();
  command.add_option("--device", options.device, "its place in the library's order");
  command.add_option("--runs", options.timing.runs, "runs of a gear that count, at most")
      ->check(CLI::Range(1, 100'000));
  command.add_option("--seconds", *seconds, "for one gear, at most")
      ->check(CLI::Range(0.001, 3600.));
  command.add_option("--seed", options.seed, "of the golden inputs");
  command.add_flag("--golden-all", options.golden_all,
                   "golden files of every gear, not of the smallest alone");
  command.add_option("--conformance", options.conformance_folder,
                     "folder of the programs conformance_*");
  command.add_flag("--no-conformance", *without, "leave the conformance suite out");
  AddShared(command, *asked);
  command.callback([asked, seconds, without, &command, &code] {
    Inherit(command, *asked);
    asked->options.timing.most = absl::Seconds(*seconds);
    asked->options.conformance = !*without;
    code = Print(RunProfile(asked->options), asked->json, ProfileText, ProfileJson);
  });
}

void AddCompareCommand(CLI::App& cli, int& code) {
  CLI::App& command =
      *cli.add_subcommand("compare", "runs models on golden inputs and compares their outputs");
  const auto asked = std::make_shared<Asked<CompareOptions>>();
  command.add_option("GOLDEN", asked->options.golden, "the folder golden/ that profile wrote")
      ->required();
  command.add_option("MODELS", asked->options.models, "folder with OM files of the same names")
      ->required();
  command.add_option("--min-cosine", asked->options.min_cosine, "of every output")
      ->check(CLI::Range(-1., 1.));
  AddShared(command, *asked);
  command.callback([asked, &command, &code] {
    Inherit(command, *asked);
    code = Print(RunCompare(asked->options), asked->json, CompareText, CompareJson);
  });
}

}  // namespace omserve
