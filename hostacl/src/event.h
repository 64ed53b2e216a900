// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "interrupt.h"
#include "mutex.h"

namespace hostacl {

// A mark in streams. Each record has a number; waiting means waiting for the number that was the
// last one at the call. Owned by Runtime's table; tasks share it. Thread-safe.
class Event {
 public:
  enum class Kind {
    kPlain,   // aclrtCreateEvent: all abilities but the reset
    kFlag,    // aclrtCreateEventWithFlag: the abilities that its flags name
    kExFlag,  // aclrtCreateEventExWithFlag: also reusable, and complete while unrecorded
  };

  // `in_use` counts the events of the device, this one too, and outlives the event.
  Event(Kind kind, uint32_t flags, std::atomic<size_t>* in_use)
      : kind_(kind), flags_(flags), in_use_(in_use) {
    ++*in_use_;
  }
  ~Event() { --*in_use_; }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  Kind kind() const { return kind_; }
  // Plain events have every ability.
  bool Has(uint32_t flag) const { return kind_ == Kind::kPlain || (flags_ & flag) != 0; }

  // The number of the new record.
  uint64_t BeginRecord() HOSTACL_EXCLUDES(mutex_);
  void Complete(uint64_t number, TimePoint device_time) HOSTACL_EXCLUDES(mutex_);
  // The record will never come: its stream was aborted or stopped. Hosts that wait are told.
  void Drop(uint64_t number) HOSTACL_EXCLUDES(mutex_);
  // Records up to `number` count no more.
  void Reset(uint64_t number) HOSTACL_EXCLUDES(mutex_);
  // Zero when never recorded.
  uint64_t last_record() HOSTACL_EXCLUDES(mutex_);
  bool IsComplete() HOSTACL_EXCLUDES(mutex_);
  // True when a wait for record `number` would end at once.
  bool ReachedRecord(uint64_t number) HOSTACL_EXCLUDES(mutex_);
  // For the host: kAborted when the record was dropped. `device_time` may be null.
  WaitResult Wait(uint64_t number, std::optional<TimePoint> deadline, TimePoint* device_time)
      HOSTACL_EXCLUDES(mutex_);
  // For a stream: kAborted when `interrupt` is raised. A dropped record is waited for, as on a
  // card.
  WaitResult WaitInStream(uint64_t number, std::optional<TimePoint> deadline, Interrupt* interrupt,
                          TimePoint* device_time) HOSTACL_EXCLUDES(mutex_);
  // Counts the streams that wait, for aclrtQueryEventWaitStatus.
  void BeginWait() HOSTACL_EXCLUDES(mutex_);
  void EndWait() HOSTACL_EXCLUDES(mutex_);
  bool AllWaitsEnded() HOSTACL_EXCLUDES(mutex_);
  // Nothing while the last record is not complete.
  std::optional<TimePoint> CompletedAt() HOSTACL_EXCLUDES(mutex_);
  // Lets every waiter go; used when the process shuts down.
  void Abandon() HOSTACL_EXCLUDES(mutex_);

 private:
  bool Reached() const HOSTACL_REQUIRES(mutex_) {
    return completed_ >= recorded_ && reset_ < recorded_;
  }

  const Kind kind_;
  const uint32_t flags_;
  std::atomic<size_t>* const in_use_;
  Mutex mutex_;
  CondVar changed_;
  uint64_t recorded_ HOSTACL_GUARDED_BY(mutex_) = 0;
  uint64_t completed_ HOSTACL_GUARDED_BY(mutex_) = 0;
  uint64_t dropped_ HOSTACL_GUARDED_BY(mutex_) = 0;
  uint64_t reset_ HOSTACL_GUARDED_BY(mutex_) = 0;
  int waits_ HOSTACL_GUARDED_BY(mutex_) = 0;
  bool abandoned_ HOSTACL_GUARDED_BY(mutex_) = false;
  TimePoint device_time_ HOSTACL_GUARDED_BY(mutex_) = {};
};

}  // namespace hostacl
