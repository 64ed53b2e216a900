// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/load/answer_sample.h"
#include "client/load/slowest_answers.h"

namespace omserve::client {

// Where a request's latency went: 'sent late', 'outside the server', every stage's 'STAGE queue',
// 'batch form', 'to device', 'gather', 'execute', 'from device', 'host', and 'rest in the server'.
// Parts that took nothing are left out. Stages that run at the same time may sum up to more than
// the whole. Thread-safe.
struct LatencyPart {
  std::string name;
  double ms = 0;
};
std::vector<LatencyPart> PartsOf(const LoadAnswer& answer);

// Why the slowest answers were slow: each one's parts against what is usual in the run.
struct TailExplanation {
  struct Part {
    std::string name;
    double usual_ms = 0;  // mean over a sample of all answers
    double tail_ms = 0;   // mean over the slowest ones
    int main_cause = 0;   // slowest answers for which this part is furthest above what is usual
  };
  int answers = 0;  // slowest ones that were looked at
  double usual_ms = 0;
  double tail_ms = 0;
  std::vector<Part> parts;               // furthest above what is usual first
  std::vector<std::string> main_causes;  // of each of the slowest, in their order

  // {"answers", "usual_ms", "tail_ms", "parts": [{"part", "usual_ms", "tail_ms", "main_cause"}]}.
  nlohmann::json ToJson() const;
};
TailExplanation ExplainTail(const SlowestAnswers& slowest, const AnswerSample& sample);

}  // namespace omserve::client
