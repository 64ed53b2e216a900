// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/gate.h"

namespace omserve {

// Who may come in: nobody once the server drains, and no more than the limit at once. Owned by the
// server; outlives the requests. Thread-safe.
class Admission {
 public:
  // One request's right to be at work; gives it back when destroyed. Move-only.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : admission_(std::exchange(other.admission_, nullptr)), pass_(std::move(other.pass_)) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (admission_ != nullptr) admission_->inflight_.fetch_sub(1);
    }

   private:
    friend class Admission;
    Ticket(Admission* admission, Gate::Pass pass) : admission_(admission), pass_(std::move(pass)) {}
    Admission* admission_;
    Gate::Pass pass_;
  };

  // When to come back after RESOURCE_EXHAUSTED: a few batches later.
  static constexpr absl::Duration kRetryAfter = absl::Milliseconds(50);

  explicit Admission(int limit) : limit_(limit) {}

  // Never blocks. UNAVAILABLE while draining, RESOURCE_EXHAUSTED at the limit.
  absl::StatusOr<Ticket> Enter();

  // Lets nobody in from now on.
  void Close() { gate_.Close(); }
  // Blocks until all have left or the deadline is reached; true when empty.
  bool WaitEmpty(absl::Time deadline, const Clock& clock) {
    return gate_.WaitEmpty(deadline, clock);
  }
  bool closed() const { return gate_.closed(); }
  int inflight() const { return inflight_.load(); }

 private:
  const int limit_;
  std::atomic<int> inflight_{0};
  Gate gate_;
};

}  // namespace omserve
