// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/command_line.h"

#include <map>

#include "client/shared_options.h"

namespace omserve::client {
namespace {

const std::map<std::string, v1::DedupPolicy> kDedups = {
    {"none", v1::DEDUP_POLICY_NONE}, {"top1", v1::DEDUP_POLICY_KEEP_TOP1_PER_LABEL}};
const std::map<std::string, v1::Feature> kFeatures = {{"cls", v1::FEATURE_CLS},
                                                      {"mean", v1::FEATURE_MEAN},
                                                      {"cls_mean", v1::FEATURE_CLS_MEAN},
                                                      {"all", v1::FEATURE_ALL_TOKENS}};

const std::map<std::string, v1::TextRegion> kRegions = {{"quad", v1::TEXT_REGION_QUAD},
                                                        {"polygon", v1::TEXT_REGION_POLYGON},
                                                        {"box", v1::TEXT_REGION_BOX}};

CLI::App* AddCommand(CLI::App& app, const std::string& name, const std::string& text) {
  CLI::App* command = app.add_subcommand(name, text);
  command->fallthrough();  // --server may stand behind the command, too
  return command;
}

void AddPictureOptions(CLI::App* app, ClientCommand* command, int64_t* budget_ms) {
  app->add_option("files", command->files, "JPEG, PNG or WebP files")->required();
  app->add_option("--model", command->model, "a name that `models` lists; needed if several fit");
  app->add_option("--model-version", command->version, "of the model (default: the latest)");
  app->add_option("--in-flight", command->in_flight, "requests at a time")
      ->check(CLI::Range(1, kMaxInFlight))
      ->capture_default_str();
  app->add_option("--budget-ms", *budget_ms, "time that the server has for a picture")
      ->check(CLI::Range(int64_t{1}, int64_t{86400000}))
      ->type_name("MS");
  app->add_option("--priority", command->priority, "how urgent (default: interactive)")
      ->check(CLI::IsMember({"interactive", "batch"}))
      ->type_name("interactive|batch");
}

void AddReadOptions(CLI::App* read, ClientCommand* command, int64_t* budget_ms) {
  AddPictureOptions(read, command, budget_ms);
  CLI::Option* detect = read->add_flag_callback(
      "--detect-only", [command] { command->task = v1::READ_TASK_DETECT; },
      "where text is, not what it says");
  CLI::Option* lines =
      read->add_flag("--lines", command->as_lines, "every file is one line of text, cut out")
          ->excludes(detect);
  read->add_option("--min-score", command->min_score, "keep lines from this score on")
      ->check(CLI::Range(0.0, 1.0));
  AddChoice(read, "--region", kRegions, &command->region, "form of the outlines (default: quad)");
  read->add_option("--orientation", command->orientation,
                   "turn lines that stand on their head: true or false");
  read->add_flag("--characters", command->characters, "with --json: every character");
  read->add_flag("--words", command->words, "with --json: every word");
  read->add_option("--out", command->out, "draw into this folder")
      ->type_name("DIR")
      ->excludes(lines);
}

CLI::App* AddChange(CLI::App& app, const std::string& name, const std::string& text,
                    ClientCommand* command) {
  CLI::App* change = AddCommand(app, name, text);
  change->add_option("model", command->model, "its name")->required();
  change->add_option("version", command->version, "a number (default: as the version policy says)");
  return change;
}

}  // namespace

ParsedCommandLine<ClientCommand> ParseClientCommandLine(int argc, const char* const* argv) {
  ClientCommand command;
  int64_t deadline_ms = 60000;
  int64_t budget_ms = 0;
  CLI::App app(
      "Asks an omserve for detections, features, text and its state, and changes its models.",
      "omserve-client");
  app.require_subcommand(1);
  AddServer(app, &command.server, &deadline_ms);
  AccessOptions access;
  AddAccess(app, &access);
  command.control = "127.0.0.1:8501";
  app.add_option("--control", command.control, "host:port of omserve's control listener")
      ->envname("OMSERVE_CONTROL")
      ->capture_default_str();
  app.add_flag("--json", command.json, "one JSON document on standard output");

  CLI::App* detect = AddCommand(app, "detect", "find objects in pictures");
  AddPictureOptions(detect, &command, &budget_ms);
  detect->add_option("--score-threshold", command.score_threshold, "keep scores from here on")
      ->check(CLI::Range(0.0, 1.0));
  detect->add_option("--max-detections", command.max_detections, "keep the best so many")
      ->check(CLI::Range(1, 1000));
  AddChoice(detect, "--dedup", kDedups, &command.dedup, "several detections of one label");
  AddChoice(detect, "--mask", kMaskForms, &command.mask, "form of the masks (with --out: rle)");
  detect->add_option("--out", command.out, "draw into this folder")->type_name("DIR");
  CLI::Option* stream = detect->add_flag(
      "--stream", command.stream, "the files are frames of one live video; late ones are dropped");
  detect->add_option("--fps", command.frame_rate, "with --stream: frames a second, 0 for no pause")
      ->check(CLI::Range(0.0, 1000.0))
      ->needs(stream)
      ->capture_default_str();

  CLI::App* embed = AddCommand(app, "embed", "features and best classes of pictures");
  AddPictureOptions(embed, &command, &budget_ms);
  AddChoice(embed, "--feature", kFeatures, &command.feature, "which features (default: cls)");
  embed->add_option("--top-k", command.top_k, "best classes to give back")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();

  CLI::App* read = AddCommand(app, "read", "text of pictures");
  AddReadOptions(read, &command, &budget_ms);

  CLI::App* models = AddCommand(app, "models", "what is served");
  bool all = false;
  models->add_flag("--all", all, "every version in the repository and its state, by --control");
  const CLI::App* load =
      AddChange(app, "load", "load a model, or what has changed of it", &command);
  const CLI::App* unload = AddChange(app, "unload", "let a model go", &command);
  const CLI::App* reload = AddChange(app, "reload", "load a model anew", &command);
  const CLI::App* stats = AddCommand(app, "stats", "what the server has done, and does");
  CLI::App* health = AddCommand(app, "health", "whether the server can take requests");
  health->add_option("--service", command.service, "a service or model (default: the server)");

  return ParseWith(app, argc, argv, command, [&]() -> std::string {
    using Kind = ClientCommand::Kind;
    command.kind = detect->parsed()   ? Kind::kDetect
                   : embed->parsed()  ? Kind::kEmbed
                   : read->parsed()   ? Kind::kRead
                   : models->parsed() ? (all ? Kind::kRepository : Kind::kModels)
                   : load->parsed()   ? Kind::kLoad
                   : unload->parsed() ? Kind::kUnload
                   : reload->parsed() ? Kind::kReload
                   : stats->parsed()  ? Kind::kStats
                                      : Kind::kHealth;
    command.deadline = absl::Milliseconds(deadline_ms);
    command.budget = absl::Milliseconds(budget_ms);
    if (!command.out.empty() && command.mask == v1::MASK_FORM_UNSPECIFIED) {
      command.mask = v1::MASK_FORM_RLE;
    }
    return LoadAccess(access, &command.access);
  });
}

}  // namespace omserve::client
