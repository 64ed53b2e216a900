// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/gate.h"

namespace omserve {

// Who may come in: nobody once the server drains, and no more than the limits at once. Owned by the
// server; outlives the requests and streams. Thread-safe.
class Admission {
 public:
  // One request's right to be at work, or one stream's to be open; gives it back when destroyed.
  // Move-only.
  class Ticket {
   public:
    Ticket(Ticket&& other) noexcept
        : count_(std::exchange(other.count_, nullptr)), pass_(std::move(other.pass_)) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (count_ != nullptr) count_->fetch_sub(1);
    }

   private:
    friend class Admission;
    Ticket(std::atomic<int>* count, Gate::Pass pass) : count_(count), pass_(std::move(pass)) {}
    std::atomic<int>* count_;
    Gate::Pass pass_;
  };

  // When to come back after RESOURCE_EXHAUSTED: a few batches later.
  static constexpr absl::Duration kRetryAfter = absl::Milliseconds(50);

  explicit Admission(int limit, int max_streams = 256) : limit_(limit), max_streams_(max_streams) {}

  // Never blocks. UNAVAILABLE while draining, RESOURCE_EXHAUSTED at the limit.
  absl::StatusOr<Ticket> Enter();
  // The same for a stream, which may be idle and is no request; its frames enter one by one.
  absl::StatusOr<Ticket> EnterStream();

  // Lets nobody in from now on.
  void Close() { gate_.Close(); }
  // Blocks until all have left or the deadline is reached; true when empty.
  bool WaitEmpty(absl::Time deadline, const Clock& clock) {
    return gate_.WaitEmpty(deadline, clock);
  }
  bool closed() const { return gate_.closed(); }
  int inflight() const { return inflight_.load(); }

 private:
  absl::StatusOr<Ticket> Enter(std::atomic<int>& count, int limit, const char* what);

  const int limit_;
  const int max_streams_;
  std::atomic<int> inflight_{0};
  std::atomic<int> streams_{0};
  Gate gate_;
};

}  // namespace omserve
