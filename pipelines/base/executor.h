// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace omserve {

// Runs work on host worker threads. Thread-safe.
class Executor {
 public:
  // All waiting work of a lane goes before that of the next one. Nothing starves: what is in the
  // first two belongs to requests under way, which are bounded and only grow by the last.
  enum class Lane : uint8_t {
    kEnd,       // ends a request and takes next to no time: one that failed or is late
    kContinue,  // of a request under way
    kNew,       // the first of a request: decoding
  };
  static constexpr int kLanes = 3;

  virtual ~Executor() = default;
  // Queues 'work'; never runs it inside the call. Work that is posted is always run once; within a
  // lane it begins in the order of the posts.
  virtual void Post(Lane lane, absl::AnyInvocable<void()> work) = 0;
  void Post(absl::AnyInvocable<void()> work) { Post(Lane::kContinue, std::move(work)); }
};

}  // namespace omserve
