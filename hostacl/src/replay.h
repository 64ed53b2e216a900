// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "digest.h"
#include "mutex.h"

namespace hostacl {

// Output rows of earlier real runs, by the digest of their model and input rows. The rows used
// least recently leave when the room is used up. Owned by Runtime. Thread-safe.
class ReplayStore {
 public:
  using Row = std::vector<uint8_t>;  // the row of every output, one after the other

  explicit ReplayStore(size_t room) : room_(room) {}

  std::optional<Row> Find(const Digest& key) HOSTACL_EXCLUDES(mutex_);
  void Insert(const Digest& key, Row row) HOSTACL_EXCLUDES(mutex_);

 private:
  struct Entry {
    Digest key;
    Row row;
  };
  static constexpr size_t kOverhead = 256;  // bytes that an entry costs beside its row

  const size_t room_;
  Mutex mutex_;
  size_t used_ HOSTACL_GUARDED_BY(mutex_) = 0;
  std::list<Entry> entries_ HOSTACL_GUARDED_BY(mutex_);  // most recent first
  std::map<Digest, std::list<Entry>::iterator> index_ HOSTACL_GUARDED_BY(mutex_);
};

}  // namespace hostacl
