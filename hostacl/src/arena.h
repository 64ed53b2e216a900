// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "acl/acl_base.h"
#include "mutex.h"

namespace hostacl {

// Why a range of device memory is pinned.
enum class Use {
  kCall,    // a call is under way
  kLoad,    // memory that a model was loaded with
  kRead,    // queued work reads it
  kWrite,   // queued work writes it
  kOutput,  // an execution writes it, and may touch Arena::TouchRoom bytes from its start
};

// A range that is, or is to be, pinned. A value.
struct PinnedRange {
  const void* address = nullptr;
  size_t size = 0;  // bytes
  Use use = Use::kCall;
  const void* queue = nullptr;  // of queued work: what orders it
};

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

  // What the device may touch from the start of an output of `size` bytes on.
  static size_t TouchRoom(size_t size) { return (size + 31) / 32 * 32 + 32; }

  // Takes TouchRoom(size) bytes. `fill` poisons the piece; without it the piece only
  // counts against the capacity. Null when the memory is used up.
  void* Allocate(size_t size, bool fill) HOSTACL_EXCLUDES(mutex_);
  // Refuses interior pointers, double frees and pieces that queued work still uses.
  aclError Free(void* address) HOSTACL_EXCLUDES(mutex_);

  bool Owns(const void* address) const;
  // The bytes behind a device range that lies in one live piece; null otherwise.
  uint8_t* Resolve(const void* address, size_t size) HOSTACL_EXCLUDES(mutex_);
  // Resolve, and keeps the piece from being freed until Unpin of the same range.
  uint8_t* Pin(const PinnedRange& range) HOSTACL_EXCLUDES(mutex_);
  void Unpin(const PinnedRange& range) HOSTACL_EXCLUDES(mutex_);
  // What queued work does to a byte of the range; nothing when none uses it.
  std::optional<Use> QueuedUse(const void* address, size_t size) HOSTACL_EXCLUDES(mutex_);
  // True when the room that an output may touch reaches into memory of others: `range` is an
  // output, and a load or the work of another queue has memory in its room; or an output of
  // another queue has `range` in its room. Work of one queue is in order, and does not count.
  bool CrossesRoom(const PinnedRange& range) HOSTACL_EXCLUDES(mutex_);

  // What callers hold: the pieces that were poisoned for them.
  struct Usage {
    size_t pieces = 0;
    size_t bytes = 0;
  };
  Usage callers() HOSTACL_EXCLUDES(mutex_);

  size_t capacity() const { return capacity_; }
  size_t free_bytes() HOSTACL_EXCLUDES(mutex_);

 private:
  // A range, and how often it is pinned: a long queue uses the same buffers again and again.
  struct Pins {
    size_t offset = 0;  // in the arena
    PinnedRange range;
    size_t count = 0;
    bool Are(const PinnedRange& other) const {
      return range.address == other.address && range.size == other.size && range.use == other.use &&
             range.queue == other.queue;
    }
  };
  using PinList = std::vector<Pins>;  // by offset; few, so that they lie side by side
  struct Piece {
    size_t taken = 0;  // bytes of the range, a multiple of kAlignment
    size_t size = 0;   // bytes that the caller may use
    bool callers = false;
    PinList pins = {};

    // The entry of `range`; where it belongs when it has none.
    PinList::iterator Find(size_t offset, const PinnedRange& range);
  };

  size_t OffsetOf(const void* address) const {
    return static_cast<size_t>(static_cast<const uint8_t*>(address) - base_);
  }
  Piece* FindPiece(const void* address, size_t size) HOSTACL_REQUIRES(mutex_);

  const size_t capacity_;
  uint8_t* base_ = nullptr;    // the handed-out range, PROT_NONE
  uint8_t* shadow_ = nullptr;  // the bytes
  Mutex mutex_;
  std::map<size_t, Piece> pieces_ HOSTACL_GUARDED_BY(mutex_);  // by offset
  std::map<size_t, size_t> holes_ HOSTACL_GUARDED_BY(mutex_);  // offset to length
};

}  // namespace hostacl
