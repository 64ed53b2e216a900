// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/block_pool.h"

#include <bit>
#include <utility>

#include "absl/status/status.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

constexpr size_t kSmallestBlock = 512;

uintptr_t Address(const void* data) { return reinterpret_cast<uintptr_t>(data); }

}  // namespace

size_t BlockPool::SizeClass(size_t bytes) {
  if (bytes <= kSmallestBlock) return kSmallestBlock;
  const size_t step = std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;
}

absl::StatusOr<void*> BlockPool::Acquire(size_t bytes) {
  const size_t size = SizeClass(bytes);
  {
    MutexLock lock(mutex_);
    if (closed_) return absl::FailedPreconditionError("the memory pool is closed");
    for (auto fit = idle_.lower_bound(size); fit != idle_.end() && fit->first <= 2 * size; ++fit) {
      if (fit->second.empty()) continue;
      void* block = fit->second.back();
      fit->second.pop_back();
      ++stats_.blocks_in_use;
      stats_.bytes_in_use += fit->first;
      return block;
    }
  }
  absl::StatusOr<void*> block = allocate_(size);
  if (!block.ok()) {
    FreeIdle();
    block = allocate_(size);
  }
  OMSERVE_RETURN_IF_ERROR(block.status());
  MutexLock lock(mutex_);
  sizes_[Address(*block)] = size;
  ++stats_.allocations;
  ++stats_.blocks_in_use;
  stats_.bytes_in_use += size;
  stats_.bytes_held += size;
  return *block;
}

void BlockPool::Release(void* block) {
  MutexLock lock(mutex_);
  if (closed_) return;
  const size_t size = sizes_[Address(block)];
  idle_[size].push_back(block);
  --stats_.blocks_in_use;
  stats_.bytes_in_use -= size;
}

void BlockPool::FreeIdle(bool close) {
  std::map<size_t, std::vector<void*>> idle;
  {
    MutexLock lock(mutex_);
    closed_ = closed_ || close;  // at once, or a block that comes back now would be forgotten
    idle.swap(idle_);
    for (const auto& [size, blocks] : idle) {
      for (void* block : blocks) {
        sizes_.erase(Address(block));
        stats_.bytes_held -= size;
      }
    }
  }
  for (const auto& [size, blocks] : idle) {
    for (void* block : blocks) free_(block);
  }
}

void BlockPool::Close() { FreeIdle(/*close=*/true); }

bool BlockPool::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

bool BlockPool::Owns(const void* data, size_t bytes) const {
  MutexLock lock(mutex_);
  auto after = sizes_.upper_bound(Address(data));
  if (after == sizes_.begin()) return false;
  --after;
  return Address(data) + bytes <= after->first + after->second;
}

BlockPool::Stats BlockPool::stats() const {
  MutexLock lock(mutex_);
  return stats_;
}

}  // namespace omserve
