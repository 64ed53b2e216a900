// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/answer_sample.h"

#include <algorithm>
#include <utility>

#include "client/load/seeded_draw.h"

namespace omserve::client {
namespace {

double LotOf(uint64_t number) { return SeededDraw(0, DrawFor::kSample, number); }

}  // namespace

bool AnswerSample::Wants(uint64_t number) const {
  return answers_.size() < kKept || LotOf(number) < LotOf(answers_.back().number);
}

void AnswerSample::Add(LoadAnswer answer) {
  const auto place = std::upper_bound(
      answers_.begin(), answers_.end(), LotOf(answer.number),
      [](double lot, const LoadAnswer& other) { return lot < LotOf(other.number); });
  answers_.insert(place, std::move(answer));
  if (answers_.size() > kKept) {
    answers_.pop_back();
  }
}

void AnswerSample::Merge(const AnswerSample& other) {
  for (const LoadAnswer& answer : other.answers_) {
    if (Wants(answer.number)) {
      Add(answer);
    }
  }
}

}  // namespace omserve::client
