// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_stats.h"

#include <algorithm>
#include <utility>

namespace omserve::client {

void LoadStats::Merge(LoadStats other) {
  classes.resize(std::max(classes.size(), other.classes.size()));
  for (size_t i = 0; i < other.classes.size(); ++i) {
    classes[i].Merge(other.classes[i]);
  }
  lateness.Merge(other.lateness);
  late += other.late;
  steady_ok += other.steady_ok;
  last_sent = std::max(last_sent, other.last_sent);
  last_ended = std::max(last_ended, other.last_ended);
  slowest.Merge(other.slowest);
  sample.Merge(other.sample);
  windows.Merge(std::move(other.windows));
  records.insert(records.end(), other.records.begin(), other.records.end());
}

}  // namespace omserve::client
