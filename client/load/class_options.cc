// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/class_options.h"

#include <map>
#include <string>
#include <vector>

#include "client/load/kserve_input.h"
#include "client/load/parsed_option.h"
#include "client/shared_options.h"

namespace omserve::client {
namespace {

const std::map<std::string, ClassSpec::Method> kMethods = {{"detect", ClassSpec::Method::kDetect},
                                                           {"embed", ClassSpec::Method::kEmbed},
                                                           {"read", ClassSpec::Method::kRead},
                                                           {"infer", ClassSpec::Method::kInfer}};

void AddKserveOptions(CLI::App& app, ClassSpec* base) {
  app.add_option_function<std::vector<std::string>>(
         "--input",
         [base](const std::vector<std::string>& words) {
           base->inputs.clear();
           for (const std::string& word : words) base->inputs.push_back(*ParseKserveInput(word));
         },
         "infer: NAME:TYPE:SHAPE, as INPUT0:FP32:1x256 (default: what the server tells)")
      ->check([](const std::string& word) {
        return std::string(ParseKserveInput(word).status().message());
      })
      ->type_name("");
  app.add_flag("--server-times", base->server_times,
               "infer: ask for the parameters in which omserve tells its times");
}

}  // namespace

void AddClassOptions(CLI::App& app, LoadCommand* command) {
  ClassSpec& base = command->base;
  CLI::Option* images = app.add_option("--images", base.images, "pictures, or folders of pictures");
  CLI::Option* raw =
      AddParsed(app, "--raw", ParseRawSize, &base.raw, "WIDTHxHEIGHT: made-up raw pixels");
  CLI::Option* mix =
      app.add_option("--mix", command->mix, "FILE:SHARE,...: a class of requests for every file");
  CLI::Option* scenario =
      app.add_option("--scenario", command->scenario, "JSON file with classes of requests");
  images->excludes(raw)->excludes(mix)->excludes(scenario);
  raw->excludes(mix)->excludes(scenario);
  mix->excludes(scenario);
  AddChoice(&app, "--method", kMethods, &base.method, "the call (default: detect)");
  app.add_option("--model", base.model, "a name that `omserve-client models` lists");
  AddChoice(&app, "--mask", kMaskForms, &base.mask, "form of the masks of detect");
  app.add_option("--priority", base.priority, "sent to the server: interactive or batch")
      ->check(CLI::IsMember({"interactive", "batch"}));
  app.add_option("--cameras", base.cameras,
                 "not requests but so many live videos: DetectStream, the server keeps the newest")
      ->check(CLI::Range(1, 10000));
  app.add_option("--fps", base.fps, "frames a second of each camera")
      ->check(CLI::Range(0.001, 10000.0))
      ->capture_default_str();
  app.add_option("--cancel", base.cancel, "share of requests to cancel")
      ->check(CLI::Range(0.0, 1.0));
  AddMilliseconds(app, "--budget-ms", &base.budget, "time that the server has, told to it");
  AddMilliseconds(app, "--limit-ms", &base.limit,
                  "answers within this are in time (default: the budget, else the deadline)");
  AddMilliseconds(app, "--cancel-within-ms", &base.cancel_within,
                  "cancel at a random time up to this (default: 20)");
  AddMilliseconds(app, "--read-after-ms", &base.read_after,
                  "a slow reader: answers are asked for so late");
  AddKserveOptions(app, &base);
}

}  // namespace omserve::client
