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

Stage::Stage(Device* device, Timeline* engine, Label label, Clock::duration length, double slow,
             TaskTime* time)
    : device_(device),
      engine_(engine),
      label_(label),
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
    Log(begin_);
    return;
  }
  WaitUntil(end_);
  time_->end = end_;
  if (!overran_) engine_->Completed(Clock::now() - end_);
  Log(end_ - length_);
}

void Stage::Log(TimePoint start) const {
  EngineLog* log = device_->engine_log();
  if (log == nullptr) return;
  const EngineKind kind = engine_ == &device_->compute_engine() ? EngineKind::kCompute
                          : engine_ == &device_->copy_engine(CopyWay::kHostToDevice)
                              ? EngineKind::kToDevice
                              : EngineKind::kToHost;
  const TimePoint end = profiled_ ? end_ : Clock::now();
  log->Add(device_->id(), kind, label_.name, label_.size, start, end);
}

}  // namespace hostacl
