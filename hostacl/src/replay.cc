// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "replay.h"

#include <utility>

namespace hostacl {

std::optional<ReplayStore::Row> ReplayStore::Find(const Digest& key) {
  MutexLock lock(&mutex_);
  const auto it = index_.find(key);
  if (it == index_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->row;
}

void ReplayStore::Insert(const Digest& key, Row row) {
  const size_t cost = row.size() + kOverhead;
  if (cost > room_) return;
  MutexLock lock(&mutex_);
  if (index_.contains(key)) return;
  while (used_ + cost > room_) {
    used_ -= entries_.back().row.size() + kOverhead;
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front(Entry{.key = key, .row = std::move(row)});
  index_[key] = entries_.begin();
  used_ += cost;
}

}  // namespace hostacl
