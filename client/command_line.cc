// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/command_line.h"

#include <CLI/CLI.hpp>
#include <map>
#include <sstream>

namespace omserve::client {
namespace {

constexpr int kMaxInFlight = 4096;
constexpr int kDefaultRequests = 1000;

const std::map<std::string, v1::MaskForm> kMasks = {{"none", v1::MASK_FORM_NONE},
                                                    {"rle", v1::MASK_FORM_RLE},
                                                    {"png", v1::MASK_FORM_PNG},
                                                    {"polygon", v1::MASK_FORM_POLYGON}};
const std::map<std::string, v1::DedupPolicy> kDedups = {
    {"none", v1::DEDUP_POLICY_NONE}, {"top1", v1::DEDUP_POLICY_KEEP_TOP1_PER_LABEL}};
const std::map<std::string, v1::Feature> kFeatures = {{"cls", v1::FEATURE_CLS},
                                                      {"mean", v1::FEATURE_MEAN},
                                                      {"cls_mean", v1::FEATURE_CLS_MEAN},
                                                      {"all", v1::FEATURE_ALL_TOKENS}};

// An option whose values are the names in 'choices'.
template <typename Value>
void AddChoice(CLI::App* app, const std::string& name, const std::map<std::string, Value>& choices,
               Value* value, const std::string& text) {
  app->add_option_function<std::string>(
         name, [&choices, value](const std::string& choice) { *value = choices.at(choice); }, text)
      ->check(CLI::IsMember(choices))
      ->type_name("");
}

struct Milliseconds {
  int64_t deadline = 60000;
};

void AddServer(CLI::App& app, std::string* server, Milliseconds* times) {
  *server = "127.0.0.1:8500";
  app.add_option("--server", *server, "host:port of omserve")
      ->envname("OMSERVE_SERVER")
      ->capture_default_str();
  app.add_option("--deadline-ms", times->deadline, "time limit of every call")
      ->check(CLI::Range(int64_t{1}, int64_t{86400000}))
      ->type_name("MS")
      ->capture_default_str();
}

template <typename Command, typename Finish>
ParsedCommandLine<Command> Parse(CLI::App& app, int argc, const char* const* argv,
                                 const Command& command, Finish finish) {
  ParsedCommandLine<Command> parsed;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream complaint;
    parsed.exit_status = app.exit(error, out, complaint) == 0 ? 0 : 2;
    parsed.text = parsed.exit_status == 0 ? out.str() : complaint.str();
    return parsed;
  }
  finish();
  parsed.command = command;
  return parsed;
}

CLI::App* AddCommand(CLI::App& app, const std::string& name, const std::string& text) {
  CLI::App* command = app.add_subcommand(name, text);
  command->fallthrough();  // --server may stand behind the command, too
  return command;
}

void AddPictureOptions(CLI::App* app, ClientCommand* command) {
  app->add_option("files", command->files, "JPEG, PNG or WebP files")->required();
  app->add_option("--model", command->model, "a name that `models` lists; needed if several fit");
  app->add_option("--in-flight", command->in_flight, "requests at a time")
      ->check(CLI::Range(1, kMaxInFlight))
      ->capture_default_str();
}

}  // namespace

ParsedCommandLine<ClientCommand> ParseClientCommandLine(int argc, const char* const* argv) {
  ClientCommand command;
  Milliseconds times;
  CLI::App app("Asks an omserve for detections, features and its state.", "omserve-client");
  app.require_subcommand(1);
  AddServer(app, &command.server, &times);
  app.add_flag("--json", command.json, "one JSON document on standard output");

  CLI::App* detect = AddCommand(app, "detect", "find objects in pictures");
  AddPictureOptions(detect, &command);
  detect->add_option("--score-threshold", command.score_threshold, "keep scores from here on")
      ->check(CLI::Range(0.0, 1.0));
  detect->add_option("--max-detections", command.max_detections, "keep the best so many")
      ->check(CLI::Range(1, 1000));
  AddChoice(detect, "--dedup", kDedups, &command.dedup, "several detections of one label");
  AddChoice(detect, "--mask", kMasks, &command.mask, "form of the masks (with --out: rle)");
  detect->add_option("--out", command.out, "draw into this folder")->type_name("DIR");

  CLI::App* embed = AddCommand(app, "embed", "features and best classes of pictures");
  AddPictureOptions(embed, &command);
  AddChoice(embed, "--feature", kFeatures, &command.feature, "which features (default: cls)");
  embed->add_option("--top-k", command.top_k, "best classes to give back")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();

  const CLI::App* models = AddCommand(app, "models", "what is served");
  CLI::App* health = AddCommand(app, "health", "whether the server can take requests");
  health->add_option("--service", command.service, "a service or model (default: the server)");

  return Parse(app, argc, argv, command, [&] {
    using Kind = ClientCommand::Kind;
    command.kind = detect->parsed()   ? Kind::kDetect
                   : embed->parsed()  ? Kind::kEmbed
                   : models->parsed() ? Kind::kModels
                                      : Kind::kHealth;
    command.deadline = absl::Milliseconds(times.deadline);
    if (!command.out.empty() && command.mask == v1::MASK_FORM_UNSPECIFIED) {
      command.mask = v1::MASK_FORM_RLE;
    }
  });
}

ParsedCommandLine<LoadCommand> ParseLoadCommandLine(int argc, const char* const* argv) {
  LoadCommand command;
  Milliseconds times;
  double seconds = 0;
  CLI::App app("Loads an omserve with a closed loop of requests and reports latencies.",
               "omserve-loadtest");
  AddServer(app, &command.server, &times);
  app.add_flag("--json", command.json, "one JSON document on standard output");
  const std::map<std::string, LoadCommand::Method> methods = {
      {"detect", LoadCommand::Method::kDetect}, {"embed", LoadCommand::Method::kEmbed}};
  AddChoice(&app, "--method", methods, &command.method, "the call (default: detect)");
  app.add_option("--images", command.images, "pictures, or folders of pictures")->required();
  app.add_option("--model", command.model, "a name that `omserve-client models` lists");
  app.add_option("--in-flight", command.in_flight, "requests at a time")
      ->check(CLI::Range(1, kMaxInFlight))
      ->capture_default_str();
  app.add_option("--requests", command.requests, "stop after so many (default: 1000)")
      ->check(CLI::Range(int64_t{1}, int64_t{1000000000}));
  CLI::Option* time = app.add_option("--seconds", seconds, "stop after this time")
                          ->check(CLI::Range(0.001, 86400.0));
  app.add_option("--warmup", command.warmup, "requests before the measured ones")
      ->check(CLI::Range(int64_t{0}, int64_t{1000000000}))
      ->capture_default_str();
  AddChoice(&app, "--mask", kMasks, &command.mask, "form of the masks of detect");

  return Parse(app, argc, argv, command, [&] {
    command.deadline = absl::Milliseconds(times.deadline);
    if (time->count() > 0) {
      command.time = absl::Seconds(seconds);
    } else if (command.requests == 0) {
      command.requests = kDefaultRequests;
    }
  });
}

}  // namespace omserve::client
