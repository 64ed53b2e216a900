// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/tail_explanation.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "client/load/class_stats.h"

namespace omserve::client {
namespace {

double Milliseconds(const google::protobuf::Duration& time) {
  return static_cast<double>(time.seconds()) * 1e3 + static_cast<double>(time.nanos()) / 1e6;
}

using PartTimes = std::map<std::string, double>;  // milliseconds

PartTimes Sums(const std::vector<LoadAnswer>& answers) {
  PartTimes sums;
  for (const LoadAnswer& answer : answers) {
    for (const LatencyPart& part : PartsOf(answer)) sums[part.name] += part.ms;
  }
  return sums;
}

double MeanLatency(const std::vector<LoadAnswer>& answers) {
  double sum = 0;
  for (const LoadAnswer& answer : answers) sum += absl::ToDoubleMilliseconds(answer.latency);
  return answers.empty() ? 0 : sum / static_cast<double>(answers.size());
}

std::string MainCause(const LoadAnswer& answer, const PartTimes& usual) {
  std::string cause;
  double most = 0;
  for (const LatencyPart& part : PartsOf(answer)) {
    const auto found = usual.find(part.name);
    const double above = part.ms - (found == usual.end() ? 0 : found->second);
    if (above > most) {
      most = above;
      cause = part.name;
    }
  }
  return cause;
}

}  // namespace

std::vector<LatencyPart> PartsOf(const LoadAnswer& answer) {
  std::vector<LatencyPart> parts;
  const auto add = [&parts](const std::string& name, double ms) {
    if (ms > 0) parts.push_back({name, ms});
  };
  const double sent = absl::ToDoubleMilliseconds(answer.sent_latency);
  add("sent late", absl::ToDoubleMilliseconds(answer.latency) - sent);
  const v1::Timing& timing = answer.timing;
  const bool told = timing.has_received() && timing.has_sent();
  const double inside = told ? absl::ToDoubleMilliseconds(InsideServer(timing)) : 0;
  add(told ? "outside the server" : "server and network", sent - inside);
  double stages = 0;
  for (const v1::StageTiming& stage : timing.stages()) {
    const auto of_stage = [&](const char* what, const google::protobuf::Duration& time) {
      stages += Milliseconds(time);
      add(absl::StrCat(stage.stage(), " ", what), Milliseconds(time));
    };
    of_stage("queue", stage.queue());
    of_stage("batch form", stage.batch_form());
    of_stage("to device", stage.h2d());
    of_stage("gather", stage.gather());
    of_stage("execute", stage.execute());
    of_stage("from device", stage.d2h());
    of_stage("host", stage.host());
  }
  add("rest in the server", inside - stages);
  return parts;
}

TailExplanation ExplainTail(const SlowestAnswers& slowest, const AnswerSample& sample) {
  TailExplanation result;
  const std::vector<LoadAnswer>& tail = slowest.answers();
  const std::vector<LoadAnswer>& all = sample.answers();
  result.answers = static_cast<int>(tail.size());
  result.usual_ms = MeanLatency(all);
  result.tail_ms = MeanLatency(tail);
  PartTimes usual = Sums(all);
  for (auto& [name, sum] : usual) sum /= static_cast<double>(all.size());
  std::map<std::string, int> causes;
  for (const LoadAnswer& answer : tail) {
    result.main_causes.push_back(MainCause(answer, usual));
    ++causes[result.main_causes.back()];
  }
  for (const auto& [name, sum] : Sums(tail)) {
    result.parts.push_back({.name = name,
                            .usual_ms = usual[name],
                            .tail_ms = sum / static_cast<double>(tail.size()),
                            .main_cause = causes[name]});
  }
  std::sort(result.parts.begin(), result.parts.end(),
            [](const TailExplanation::Part& one, const TailExplanation::Part& other) {
              const double above = one.tail_ms - one.usual_ms;
              const double other_above = other.tail_ms - other.usual_ms;
              return above != other_above ? above > other_above : one.name < other.name;
            });
  return result;
}

nlohmann::json TailExplanation::ToJson() const {
  nlohmann::json list = nlohmann::json::array();
  for (const Part& part : parts) {
    list.push_back({{"part", part.name},
                    {"usual_ms", part.usual_ms},
                    {"tail_ms", part.tail_ms},
                    {"main_cause", part.main_cause}});
  }
  return {{"answers", answers},
          {"usual_ms", usual_ms},
          {"tail_ms", tail_ms},
          {"parts", std::move(list)}};
}

}  // namespace omserve::client
