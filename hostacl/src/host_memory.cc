// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Runtime's page-locked host memory.
#include <cstdlib>
#include <cstring>

#include "runtime.h"

namespace hostacl {

void* Runtime::MallocHost(size_t size) {
  void* address = nullptr;
  if (posix_memalign(&address, 64, size) != 0) return nullptr;
  std::memset(address, Arena::kPoison, size);
  MutexLock lock(&mutex_);
  pinned_[reinterpret_cast<uintptr_t>(address)] = size;
  return address;
}

bool Runtime::FreeHost(void* address) {
  MutexLock lock(&mutex_);
  if (pinned_.erase(reinterpret_cast<uintptr_t>(address)) == 0) return false;
  std::free(address);
  return true;
}

Arena::Usage Runtime::PinnedHost() {
  MutexLock lock(&mutex_);
  Arena::Usage usage;
  for (const auto& [address, size] : pinned_) {
    ++usage.pieces;
    usage.bytes += size;
  }
  return usage;
}

bool Runtime::IsPinnedHost(const void* address, size_t size) {
  MutexLock lock(&mutex_);
  const uintptr_t at = reinterpret_cast<uintptr_t>(address);
  auto it = pinned_.upper_bound(at);
  if (it == pinned_.begin()) return false;
  --it;
  const size_t inside = at - it->first;
  return inside <= it->second && size <= it->second - inside;
}

bool Runtime::LeavesPinnedHost(const void* address, size_t size) {
  MutexLock lock(&mutex_);
  const uintptr_t at = reinterpret_cast<uintptr_t>(address);
  auto it = pinned_.upper_bound(at);
  if (it == pinned_.begin()) return false;
  --it;
  const size_t inside = at - it->first;
  return inside < it->second && size > it->second - inside;
}

}  // namespace hostacl
