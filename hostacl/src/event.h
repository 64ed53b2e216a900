// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "mutex.h"

namespace hostacl {

// A mark in streams. Each record has a number; waiting means waiting for the number that was the
// last one at the call. Owned by Runtime's table; tasks share it. Thread-safe.
class Event {
 public:
  enum class Kind {
    kPlain,   // aclrtCreateEvent: all abilities
    kFlag,    // aclrtCreateEventWithFlag: the abilities that its flags name
    kExFlag,  // aclrtCreateEventExWithFlag: also reusable, and complete while unrecorded
  };

  Event(Kind kind, uint32_t flags) : kind_(kind), flags_(flags) {}

  Kind kind() const { return kind_; }
  // Plain events have every ability.
  bool Has(uint32_t flag) const { return kind_ == Kind::kPlain || (flags_ & flag) != 0; }

  // The number of the new record.
  uint64_t BeginRecord() HOSTACL_EXCLUDES(mutex_);
  void Complete(uint64_t number, TimePoint device_time) HOSTACL_EXCLUDES(mutex_);
  // Zero when never recorded.
  uint64_t last_record() HOSTACL_EXCLUDES(mutex_);
  bool IsComplete() HOSTACL_EXCLUDES(mutex_);
  // False when the deadline passed first. `device_time` may be null.
  bool Wait(uint64_t number, std::optional<TimePoint> deadline, TimePoint* device_time)
      HOSTACL_EXCLUDES(mutex_);
  // Nothing while the last record is not complete.
  std::optional<TimePoint> CompletedAt() HOSTACL_EXCLUDES(mutex_);
  // Lets every waiter go; used when the process shuts down.
  void Abandon() HOSTACL_EXCLUDES(mutex_);

 private:
  const Kind kind_;
  const uint32_t flags_;
  Mutex mutex_;
  CondVar changed_;
  uint64_t recorded_ HOSTACL_GUARDED_BY(mutex_) = 0;
  uint64_t completed_ HOSTACL_GUARDED_BY(mutex_) = 0;
  bool abandoned_ HOSTACL_GUARDED_BY(mutex_) = false;
  TimePoint device_time_ HOSTACL_GUARDED_BY(mutex_) = {};
};

}  // namespace hostacl
