// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "pipelines/base/mutex.h"

namespace omserve {

// What a batch of each stage and gear was measured to take on the device: a moving average, shared
// by the devices of a runner, which are alike. Owned by the runner. Thread-safe.
class CostTable {
 public:
  explicit CostTable(size_t stages) : stages_(stages) {}

  void Record(int stage, int gear, absl::Duration execute, absl::Duration h2d);

  // Zero while that gear was never measured.
  absl::Duration Execute(int stage, int gear) const;
  // Of the copies to the device; zero while unknown.
  absl::Duration CopyIn(int stage, int gear) const;
  // Of one item, at the cheapest gear that was measured; a guess while none was.
  absl::Duration PerItem(int stage) const;

 private:
  struct Cost {
    absl::Duration execute;
    absl::Duration h2d;
  };

  mutable Mutex mutex_;
  std::vector<std::map<int, Cost>> stages_ ABSL_GUARDED_BY(mutex_);  // by gear
};

}  // namespace omserve
