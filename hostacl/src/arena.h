// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "acl/acl_base.h"
#include "mutex.h"

namespace hostacl {

// The memory of one device. The addresses that it hands out lie in a range without access rights,
// so that the host cannot read them; the bytes lie in a shadow at a constant distance.
// Owned by Device. Thread-safe.
class Arena {
 public:
  static constexpr size_t kAlignment = 64;
  static constexpr uint8_t kPoison = 0xCD;

  explicit Arena(size_t capacity);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Takes ALIGN_UP(size, 32) + 32 bytes. `fill` poisons the piece; without it the piece only
  // counts against the capacity. Null when the memory is used up.
  void* Allocate(size_t size, bool fill) HOSTACL_EXCLUDES(mutex_);
  // Refuses interior pointers, double frees and pieces that queued work still uses.
  aclError Free(void* address) HOSTACL_EXCLUDES(mutex_);

  bool Owns(const void* address) const;
  // The bytes behind a device range that lies in one live piece; null otherwise.
  uint8_t* Resolve(const void* address, size_t size) HOSTACL_EXCLUDES(mutex_);
  // Resolve, and keeps the piece from being freed until Unpin of the same address.
  uint8_t* Pin(const void* address, size_t size) HOSTACL_EXCLUDES(mutex_);
  void Unpin(const void* address) HOSTACL_EXCLUDES(mutex_);

  // What callers hold: the pieces that were poisoned for them.
  struct Usage {
    size_t pieces = 0;
    size_t bytes = 0;
  };
  Usage callers() HOSTACL_EXCLUDES(mutex_);

  size_t capacity() const { return capacity_; }
  size_t free_bytes() HOSTACL_EXCLUDES(mutex_);

 private:
  struct Piece {
    size_t taken = 0;  // bytes of the range, a multiple of kAlignment
    size_t size = 0;   // bytes that the caller may use
    int pins = 0;      // queued tasks that use it
    bool callers = false;
  };

  Piece* FindPiece(const void* address, size_t size) HOSTACL_REQUIRES(mutex_);

  const size_t capacity_;
  uint8_t* base_ = nullptr;    // the handed-out range, PROT_NONE
  uint8_t* shadow_ = nullptr;  // the bytes
  Mutex mutex_;
  std::map<size_t, Piece> pieces_ HOSTACL_GUARDED_BY(mutex_);  // by offset
  std::map<size_t, size_t> holes_ HOSTACL_GUARDED_BY(mutex_);  // offset to length
};

}  // namespace hostacl
