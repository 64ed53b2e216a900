// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "pipelines/base/mutex.h"

namespace omserve {

// Blocks of some kind of memory in size classes (four to a doubling), kept for reuse. Thread-safe.
class BlockPool {
 public:
  // Gets fresh memory; called without the pool's lock.
  using Allocate = absl::AnyInvocable<absl::StatusOr<void*>(size_t bytes) const>;
  using Free = absl::AnyInvocable<void(void* block) const>;

  struct Stats {
    size_t allocations = 0;  // that reached the system, ever
    size_t blocks_in_use = 0;
    size_t bytes_in_use = 0;
    size_t bytes_held = 0;  // from the system, in use or not
  };

  BlockPool(Allocate allocate, Free free)
      : allocate_(std::move(allocate)), free_(std::move(free)) {}
  ~BlockPool() { Close(); }
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  // The size of the block that a wish for 'bytes' gets.
  static size_t SizeClass(size_t bytes);

  // A block of SizeClass(bytes), or an idle one of up to twice that, so that the pool holds little
  // more than what was in use at once. When the system has no more, gives idle blocks back and
  // tries once again. FAILED_PRECONDITION after Close.
  absl::StatusOr<void*> Acquire(size_t bytes);
  // REQUIRES: 'block' came from Acquire and was not released since.
  void Release(void* block);

  // Frees the idle blocks and, because the means to free them are about to go, abandons those in
  // use: their later Release does nothing. Idempotent.
  void Close();
  // True after Close: what is in use may not be there any more.
  bool closed() const;

  bool Owns(const void* data, size_t bytes) const;
  Stats stats() const;

 private:
  void FreeIdle(bool close = false);

  const Allocate allocate_;
  const Free free_;
  mutable Mutex mutex_;
  std::map<size_t, std::vector<void*>> idle_ ABSL_GUARDED_BY(mutex_);  // by size class
  std::map<uintptr_t, size_t> sizes_ ABSL_GUARDED_BY(mutex_);          // every block, by address
  Stats stats_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace omserve
