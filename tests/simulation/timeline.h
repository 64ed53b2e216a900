// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <queue>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace omserve::simulation {

// A virtual clock with what is to happen, in order of time and then of planning.
// Thread-compatible.
class Timeline {
 public:
  absl::Time now() const { return now_; }

  void At(absl::Time time, absl::AnyInvocable<void()> what) {
    if (time < now_) time = now_;
    slots_.push_back(std::move(what));
    queue_.push({time, planned_++, slots_.size() - 1});
  }
  void In(absl::Duration delay, absl::AnyInvocable<void()> what) {
    At(now_ + delay, std::move(what));
  }

  // Does the next thing; false when there is none.
  bool Step() {
    if (queue_.empty()) return false;
    const Planned next = queue_.top();
    queue_.pop();
    now_ = next.time;
    absl::AnyInvocable<void()> what = std::move(slots_[next.slot]);
    what();
    return true;
  }
  int64_t steps() const { return planned_ - static_cast<int64_t>(queue_.size()); }

 private:
  struct Planned {
    absl::Time time;
    int64_t order;
    size_t slot;
    bool operator<(const Planned& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };

  absl::Time now_ = absl::UnixEpoch();
  int64_t planned_ = 0;
  std::vector<absl::AnyInvocable<void()>> slots_;
  std::priority_queue<Planned> queue_;
};

}  // namespace omserve::simulation
