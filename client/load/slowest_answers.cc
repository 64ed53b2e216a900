// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/slowest_answers.h"

#include <algorithm>
#include <utility>

namespace omserve::client {

bool SlowestAnswers::Wants(absl::Duration latency) const {
  return answers_.size() < kKept || latency > answers_.back().latency;
}

void SlowestAnswers::Add(LoadAnswer answer) {
  const auto place = std::upper_bound(
      answers_.begin(), answers_.end(), answer,
      [](const LoadAnswer& one, const LoadAnswer& other) { return one.latency > other.latency; });
  answers_.insert(place, std::move(answer));
  if (answers_.size() > kKept) {
    answers_.pop_back();
  }
}

void SlowestAnswers::Merge(const SlowestAnswers& other) {
  for (const LoadAnswer& answer : other.answers_) {
    if (Wants(answer.latency)) {
      Add(answer);
    }
  }
}

}  // namespace omserve::client
