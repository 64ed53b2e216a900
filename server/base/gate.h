// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/mutex.h"

namespace omserve {

// Counts what is in flight and can be shut: the tool of an orderly stop. Owned by whoever admits
// work; must outlive every Pass. Thread-safe.
class Gate {
 public:
  // The right to be inside; leaves when destroyed. Move-only, thread-compatible.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave();
    }

   private:
    friend class Gate;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Gate* gate_;
  };

  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // nullopt when the gate is closed. Never blocks.
  std::optional<Pass> Enter();

  // Lets nobody in any more; those inside stay. Idempotent, for ever.
  void Close();

  // Blocks until nobody is inside or 'deadline' is reached; true when empty. Usual after Close().
  bool WaitEmpty(absl::Time deadline, const Clock& clock = Clock::Real());

  int inside() const;
  bool closed() const;

 private:
  void Leave();

  mutable Mutex mutex_;
  CondVar empty_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace omserve
