// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/functional/any_invocable.h"

namespace omserve {

// Runs work on host worker threads. Thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;
  // Queues 'work'; never runs it inside the call. Work that is posted is always run once.
  virtual void Post(absl::AnyInvocable<void()> work) = 0;
};

}  // namespace omserve
