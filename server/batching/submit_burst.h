// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/batching/batch_engine.h"

namespace omserve {

// While one lives on a thread, what the thread submits to the engine waits for its end and is
// looked at together then: larger batches for one look. For threads that have several requests at
// hand. Short-lived, on the stack; single-thread.
class SubmitBurst {
 public:
  explicit SubmitBurst(BatchEngine& engine);
  ~SubmitBurst();
  SubmitBurst(const SubmitBurst&) = delete;
  SubmitBurst& operator=(const SubmitBurst&) = delete;

  // True when the calling thread has one for 'engine', which then looks at its end.
  static bool Holds(const BatchEngine& engine);

 private:
  BatchEngine& engine_;
  SubmitBurst* const outer_;
  bool holds_ = false;  // something waits
};

}  // namespace omserve
