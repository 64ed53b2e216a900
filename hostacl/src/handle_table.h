// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mutex.h"

namespace hostacl {

// Gives out opaque handles for shared objects. A handle is a number that is never used twice and
// that is no address, so a handle used after its destruction is found out. Owned by Runtime.
// Thread-safe.
template <typename T>
class HandleTable {
 public:
  // `kind` is 1..255 and tells the tables of one process apart.
  explicit HandleTable(uintptr_t kind) : next_((uintptr_t{0x5A00} + kind) << 48) {}

  void* Insert(std::shared_ptr<T> object) HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    const uintptr_t handle = ++next_;
    objects_.emplace(handle, std::move(object));
    return reinterpret_cast<void*>(handle);
  }

  // Null for a handle that is unknown or destroyed.
  std::shared_ptr<T> Find(const void* handle) HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    const auto it = objects_.find(reinterpret_cast<uintptr_t>(handle));
    return it == objects_.end() ? nullptr : it->second;
  }

  std::shared_ptr<T> Remove(const void* handle) HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    const auto it = objects_.find(reinterpret_cast<uintptr_t>(handle));
    if (it == objects_.end()) return nullptr;
    std::shared_ptr<T> object = std::move(it->second);
    objects_.erase(it);
    return object;
  }

  std::vector<std::shared_ptr<T>> All() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    std::vector<std::shared_ptr<T>> all;
    for (const auto& [handle, object] : objects_) all.push_back(object);
    return all;
  }

  size_t size() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    return objects_.size();
  }

  void Clear() HOSTACL_EXCLUDES(mutex_) {
    std::unordered_map<uintptr_t, std::shared_ptr<T>> doomed;
    MutexLock lock(&mutex_);
    doomed.swap(objects_);
  }

 private:
  Mutex mutex_;
  uintptr_t next_ HOSTACL_GUARDED_BY(mutex_);
  std::unordered_map<uintptr_t, std::shared_ptr<T>> objects_ HOSTACL_GUARDED_BY(mutex_);
};

}  // namespace hostacl
