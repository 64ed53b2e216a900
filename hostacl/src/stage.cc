// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include <chrono>
#include <cmath>

namespace hostacl {
namespace {

// Slower than any host copies, so that results are there before the end of their slot.
constexpr double kBytesPerNanosecond = 1;

Clock::duration Scaled(Clock::duration length, double factor) {
  if (factor == 1) return length;
  return Clock::duration(std::llround(static_cast<double>(length.count()) * factor));
}

}  // namespace

Stage::Stage(Device* device, Timeline* engine, Clock::duration length, double slow, TaskTime* time)
    : engine_(engine),
      time_(time),
      slow_(slow),
      profiled_(device->profile() != nullptr),
      begin_(Clock::now()),
      length_(Scaled(length, slow)) {
  end_ = profiled_ ? engine->Reserve(time->ready, length_) + length_ : begin_;
}

void Stage::Computed(Clock::duration took) {
  if (!profiled_ || took <= length_) return;
  engine_->Overrun(took - length_);
  end_ += took - length_;
  length_ = took;
  overran_ = true;
}

void Stage::WaitToWrite(size_t bytes) const {
  if (!profiled_) return;
  const std::chrono::nanoseconds lead(
      static_cast<long long>(static_cast<double>(bytes) / kBytesPerNanosecond));
  WaitUntil(end_ - lead);
}

void Stage::Finish() {
  if (!profiled_) {
    if (slow_ > 1) WaitUntil(begin_ + Scaled(Clock::now() - begin_, slow_));
    return;
  }
  WaitUntil(end_);
  time_->end = end_;
  if (!overran_) engine_->Completed(Clock::now() - end_);
}

}  // namespace hostacl
