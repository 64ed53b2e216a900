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
  pinned_[reinterpret_cast<uintptr_t>(address)] = HostBlock{.size = size};
  return address;
}

bool Runtime::FreeHost(void* address, int* users) {
  MutexLock lock(&mutex_);
  *users = 0;
  const auto it = pinned_.find(reinterpret_cast<uintptr_t>(address));
  if (it == pinned_.end()) return false;
  *users = it->second.users;
  if (*users > 0) return false;
  pinned_.erase(it);
  std::free(address);
  return true;
}

Arena::Usage Runtime::PinnedHost() {
  MutexLock lock(&mutex_);
  Arena::Usage usage;
  for (const auto& [address, block] : pinned_) {
    ++usage.pieces;
    usage.bytes += block.size;
  }
  return usage;
}

Runtime::HostBlock* Runtime::FindHostBlock(const void* address, size_t* inside) {
  const uintptr_t at = reinterpret_cast<uintptr_t>(address);
  auto it = pinned_.upper_bound(at);
  if (it == pinned_.begin()) return nullptr;
  --it;
  *inside = at - it->first;
  return *inside <= it->second.size ? &it->second : nullptr;
}

bool Runtime::IsPinnedHost(const void* address, size_t size) {
  MutexLock lock(&mutex_);
  size_t inside = 0;
  const HostBlock* block = FindHostBlock(address, &inside);
  return block != nullptr && size <= block->size - inside;
}

bool Runtime::PinHost(const void* address, size_t size) {
  MutexLock lock(&mutex_);
  size_t inside = 0;
  HostBlock* block = FindHostBlock(address, &inside);
  if (block == nullptr || size > block->size - inside) return false;
  ++block->users;
  return true;
}

void Runtime::UnpinHost(const void* address) {
  MutexLock lock(&mutex_);
  size_t inside = 0;
  HostBlock* block = FindHostBlock(address, &inside);
  if (block != nullptr) --block->users;
}

bool Runtime::LeavesPinnedHost(const void* address, size_t size) {
  MutexLock lock(&mutex_);
  size_t inside = 0;
  const HostBlock* block = FindHostBlock(address, &inside);
  return block != nullptr && inside < block->size && size > block->size - inside;
}

}  // namespace hostacl
