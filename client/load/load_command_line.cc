// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_command_line.h"

#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/load/class_json.h"
#include "client/load/class_options.h"
#include "client/load/parsed_option.h"
#include "client/picture_files.h"
#include "client/shared_options.h"

namespace omserve::client {
namespace {

constexpr int kDefaultRequests = 1000;
constexpr int kMaxOpenInFlight = 1'000'000;
constexpr int64_t kMaxRequests = 1'000'000'000;

void AddCheckOptions(CLI::App& app, LoadOptions* options) {
  app.add_option("--check", options->check,
                 "share of answers to compare with golden ones, asked for before the run")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--golden", options->golden,
                 "folder to keep golden answers in, and to take them from");
  app.add_option("--control", options->control, "host:port for what a scenario reloads")
      ->envname("OMSERVE_CONTROL")
      ->capture_default_str();
}

// What has to be looked at once all options are known.
struct Sending {
  double rate = 0;
  std::optional<Arrivals> arrivals;
  CLI::Option* in_flight = nullptr;
};

void AddSendingOptions(CLI::App& app, LoadOptions* options, Sending* sending) {
  sending->in_flight = app.add_option("--in-flight", options->in_flight, "closed loop: at a time")
                           ->check(CLI::Range(1, kMaxInFlight))
                           ->capture_default_str();
  app.add_option("--rate", sending->rate, "open loop: requests a second, whatever the answers do")
      ->check(CLI::Range(0.001, 1e6));
  AddParsed(
      app, "--arrivals",
      [](const std::string& text) -> absl::StatusOr<std::optional<Arrivals>> {
        absl::StatusOr<Arrivals> arrivals = ParseArrivals(text);
        if (!arrivals.ok()) {
          return arrivals.status();
        }
        return std::optional<Arrivals>(*std::move(arrivals));
      },
      &sending->arrivals,
      "open loop: constant, poisson, burst[:ON_MS/OFF_MS] or replay:FILE (default: constant)");
  app.add_option("--max-in-flight", options->max_in_flight, "open loop: more are not sent")
      ->check(CLI::Range(1, kMaxOpenInFlight))
      ->capture_default_str();
  app.add_option("--requests", options->requests, "stop after so many (default: 1000)")
      ->check(CLI::Range(int64_t{1}, kMaxRequests));
  app.add_option_function<double>(
         "--duration,--seconds",
         [options](double seconds) { options->duration = absl::Seconds(seconds); },
         "stop after this time")
      ->check(CLI::Range(0.001, 86400.0))
      ->type_name("SECONDS");
  app.add_option("--warmup", options->warmup, "requests before the measured ones")
      ->check(CLI::Range(int64_t{0}, kMaxRequests))
      ->capture_default_str();
  app.add_option("--seed", options->seed, "of everything random")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--channels", options->channels, "connections")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--senders", options->senders, "threads that send and receive")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

// What the options mean together; a complaint if that is nothing.
std::string Finish(const Sending& sending, LoadOptions* options) {
  options->arrivals = sending.arrivals;
  if (sending.rate > 0) {
    if (!options->arrivals.has_value()) {
      options->arrivals.emplace();
    }
    if (options->arrivals->kind == Arrivals::Kind::kReplay) {
      return "--rate: a replay has its own times; leave --rate away";
    }
    options->arrivals->rate = sending.rate;
  }
  if (options->arrivals.has_value()) {
    if (options->arrivals->rate <= 0 && options->arrivals->kind != Arrivals::Kind::kReplay) {
      return "--arrivals: needs --rate";
    }
    if (sending.in_flight->count() > 0) {
      return "--in-flight: is for a closed loop; with --rate or --arrivals use --max-in-flight";
    }
  }
  const bool replay =
      options->arrivals.has_value() && options->arrivals->kind == Arrivals::Kind::kReplay;
  if (options->requests == 0 && options->duration == absl::InfiniteDuration() && !replay) {
    options->requests = kDefaultRequests;
  }
  return "";
}

absl::Status Named(const std::string& name, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(name, ": ", status.message()));
}

}  // namespace

absl::StatusOr<Scenario> ScenarioOf(const LoadCommand& command) {
  if (!command.mix.empty()) {
    absl::StatusOr<std::vector<ClassSpec>> classes = ParseMix(command.mix, command.base);
    return classes.ok() ? absl::StatusOr<Scenario>({.classes = *std::move(classes), .events = {}})
                        : Named("--mix", classes.status());
  }
  if (command.scenario.empty()) {
    return Scenario{.classes = {command.base}, .events = {}};
  }
  const absl::StatusOr<std::string> text = ReadFile(command.scenario);
  if (!text.ok()) {
    return Named("--scenario", text.status());
  }
  absl::StatusOr<Scenario> scenario = ParseScenario(
      *text, command.base, std::filesystem::path(command.scenario).parent_path().string());
  return scenario.ok() ? std::move(scenario)
                       : Named("--scenario " + command.scenario, scenario.status());
}

ParsedCommandLine<LoadCommand> ParseLoadCommandLine(int argc, const char* const* argv) {
  LoadCommand command;
  command.base.name = "all";
  int64_t deadline_ms = 60000;
  Sending sending;
  CLI::App app(
      "Loads an omserve, or another server that speaks KServe v2, with a closed loop (--in-flight) "
      "or an open one (--rate), and reports "
      "latencies, outcomes and where the time went.",
      "omserve-loadtest");
  AddServer(app, &command.options.server, &deadline_ms);
  app.add_option("--json-file", command.json_file, "the same document into a file");
  app.add_option("--html", command.html, "one page with plots, into a file");
  app.add_option_function<double>(
         "--stable-within", [&command](double percent) { command.stable_within = percent / 100; },
         "exit status 3 unless mean and p99 are known this well (95 % intervals)")
      ->check(CLI::Range(0.01, 1000.0))
      ->type_name("PERCENT");
  AccessOptions access;
  AddAccess(app, &access);
  app.add_flag("--json", command.json, "one JSON document on standard output");
  app.add_flag("!--no-progress", command.progress, "no progress line on standard error");
  app.add_option("--records", command.records, "CSV file to write, one line a request");
  AddClassOptions(app, &command);
  AddSendingOptions(app, &command.options, &sending);
  AddCheckOptions(app, &command.options);
  AddParsed(app, "--fail-on", ParseFailOn, &command.fail_on,
            "exit status 1 for: any, none, or CODE,... (default: any)");

  return ParseWith(app, argc, argv, command, [&]() -> std::string {
    command.base.deadline = absl::Milliseconds(deadline_ms);
    command.options.records = !command.records.empty();
    if (command.mix.empty() && command.scenario.empty()) {
      if (const absl::Status whole = CheckClass(command.base); !whole.ok()) {
        return absl::StrCat("the request ", whole.message(),
                            ": see --images, --raw, --mix, --scenario, --model and --input");
      }
    }
    if (!command.options.golden.empty() && command.options.check <= 0) {
      command.options.check = 1;
    }
    if (std::string complaint = LoadAccess(access, &command.options.access); !complaint.empty()) {
      return complaint;
    }
    return Finish(sending, &command.options);
  });
}

}  // namespace omserve::client
