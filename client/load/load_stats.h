// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "client/load/answer_sample.h"
#include "client/load/class_stats.h"
#include "client/load/load_plan.h"
#include "client/load/request_records.h"
#include "client/load/slowest_answers.h"
#include "client/load/time_windows.h"

namespace omserve::client {

// What a run, or one thread of it, measured; warm-up requests are nowhere in it. A value.
struct LoadStats {
  std::vector<ClassStats> classes;  // as in the plan
  LatencyHistogram lateness;        // of an open loop: from due to sent
  int64_t late = 0;                 // requests that were sent over a millisecond late
  int64_t steady_ok = 0;            // ok answers between the measured begin and the last sending
  LoadTime last_sent;
  LoadTime last_ended;
  SlowestAnswers slowest;
  AnswerSample sample;
  TimeWindows windows;
  std::vector<RequestRecord> records;  // if the plan wants them; in no order

  // Of the same plan.
  void Merge(LoadStats other);
};

}  // namespace omserve::client
