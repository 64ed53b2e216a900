// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mutex.h"

namespace hostacl {

enum class EngineKind : uint8_t { kCompute, kToDevice, kToHost };

// When which engine of which device was busy with what, stage by stage, for HOSTACL_ENGINE_LOG.
// Bounded: what comes when it is full is only counted. Owned by Runtime. Thread-safe.
class EngineLog {
 public:
  static constexpr size_t kMostStages = 1000000;

  explicit EngineLog(size_t room = kMostStages) : room_(room) {}

  // A stage, e.g. "backbone" or "copy", held the engine from `start` to `end`; `size` is the rows
  // of an execution and the bytes of a copy. Only the first 255 different names are told apart.
  void Add(int device, EngineKind engine, std::string_view name, uint64_t size, TimePoint start,
           TimePoint end) HOSTACL_EXCLUDES(mutex_);

  // The Trace Event format of Chrome and Perfetto: one complete event ("ph": "X") a stage, in the
  // order of their ends, pid the device and tid the engine; ts (of steady_clock) and dur in
  // microseconds with three digits behind the point; "dropped" is how many found no room.
  std::string Json() HOSTACL_EXCLUDES(mutex_);

 private:
  struct Entry {
    int64_t start = 0;  // nanoseconds of steady_clock
    int64_t length = 0;
    uint64_t size = 0;
    int16_t device = 0;
    EngineKind engine = EngineKind::kCompute;
    uint8_t name = 0;
  };

  const size_t room_;
  Mutex mutex_;
  std::vector<Entry> entries_ HOSTACL_GUARDED_BY(mutex_);
  std::vector<std::string> names_ HOSTACL_GUARDED_BY(mutex_);
  uint64_t dropped_ HOSTACL_GUARDED_BY(mutex_) = 0;
};

}  // namespace hostacl
