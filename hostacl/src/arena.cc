// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

#include "failure.h"

namespace hostacl {
namespace {

size_t RoundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

Arena::Arena(size_t capacity) : capacity_(RoundUp(capacity, size_t{1} << 20)) {
  void* range =
      mmap(nullptr, 2 * capacity_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) {
    std::perror("hostacl: cannot reserve the device's address range (HOSTACL_DEVICE_MEMORY_MIB)");
    std::abort();
  }
  base_ = static_cast<uint8_t*>(range);
  shadow_ = base_ + capacity_;
  if (mprotect(shadow_, capacity_, PROT_READ | PROT_WRITE) != 0) {
    std::perror("hostacl: cannot open the device's memory (HOSTACL_DEVICE_MEMORY_MIB)");
    std::abort();
  }
  holes_.emplace(0, capacity_);
}

Arena::~Arena() { munmap(base_, 2 * capacity_); }

void* Arena::Allocate(size_t size, bool fill) {
  if (size > capacity_) return nullptr;
  const size_t taken = RoundUp(TouchRoom(size), kAlignment);
  size_t offset = 0;
  {
    MutexLock lock(&mutex_);
    auto hole = holes_.begin();
    while (hole != holes_.end() && hole->second < taken) ++hole;
    if (hole == holes_.end()) return nullptr;
    offset = hole->first;
    const size_t rest = hole->second - taken;
    holes_.erase(hole);
    if (rest > 0) holes_.emplace(offset + taken, rest);
    pieces_[offset] = Piece{.taken = taken, .size = size, .callers = fill};
  }
  if (fill) std::memset(shadow_ + offset, kPoison, taken);
  return base_ + offset;
}

aclError Arena::Free(void* address) {
  MutexLock lock(&mutex_);
  const size_t offset = OffsetOf(address);
  const auto it = pieces_.find(offset);
  if (it == pieces_.end()) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtFree: ", address,
                " is not the start of a live allocation: it was freed before, or points into one;"
                " free exactly the pointer of aclrtMalloc, once");
  }
  if (!it->second.pins.empty()) {
    size_t users = 0;
    for (const Pins& pins : it->second.pins) users += pins.count;
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtFree: ", address, " is used by ", users,
                " queued task(s) or loaded model(s); a card would free it under them: synchronise "
                "the stream first");
  }
  size_t length = it->second.taken;
  pieces_.erase(it);
  // A big piece gives its pages back instead; the next Allocate poisons them again.
  if (length <= (size_t{64} << 20)) {
    std::memset(shadow_ + offset, kPoison, length);
  } else {
    const size_t first = RoundUp(offset, 4096);
    const size_t last = (offset + length) / 4096 * 4096;
    madvise(shadow_ + first, last - first, MADV_DONTNEED);
  }
  size_t start = offset;
  auto next = holes_.lower_bound(offset);
  if (next != holes_.end() && next->first == offset + length) {
    length += next->second;
    next = holes_.erase(next);
  }
  if (next != holes_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      start = before->first;
      length += before->second;
      holes_.erase(before);
    }
  }
  holes_[start] = length;
  return ACL_SUCCESS;
}

bool Arena::Owns(const void* address) const {
  const uint8_t* byte = static_cast<const uint8_t*>(address);
  return byte >= base_ && byte < base_ + capacity_;
}

Arena::Piece* Arena::FindPiece(const void* address, size_t size) {
  if (!Owns(address)) return nullptr;
  const size_t offset = OffsetOf(address);
  auto it = pieces_.upper_bound(offset);
  if (it == pieces_.begin()) return nullptr;
  --it;
  const size_t inside = offset - it->first;
  if (inside > it->second.size || size > it->second.size - inside) return nullptr;
  return &it->second;
}

uint8_t* Arena::Resolve(const void* address, size_t size) {
  MutexLock lock(&mutex_);
  if (FindPiece(address, size) == nullptr) return nullptr;
  return shadow_ + (static_cast<const uint8_t*>(address) - base_);
}

Arena::PinList::iterator Arena::Piece::Find(size_t offset, const PinnedRange& range) {
  auto entry = std::lower_bound(pins.begin(), pins.end(), offset,
                                [](const Pins& one, size_t at) { return one.offset < at; });
  while (entry != pins.end() && entry->offset == offset && !entry->Are(range)) ++entry;
  return entry;
}

uint8_t* Arena::Pin(const PinnedRange& range) {
  MutexLock lock(&mutex_);
  Piece* piece = FindPiece(range.address, range.size);
  if (piece == nullptr) return nullptr;
  const size_t offset = OffsetOf(range.address);
  auto same = piece->Find(offset, range);
  if (same == piece->pins.end() || !same->Are(range)) {
    same = piece->pins.insert(same, Pins{.offset = offset, .range = range});
  }
  ++same->count;
  return shadow_ + offset;
}

void Arena::Unpin(const PinnedRange& range) {
  MutexLock lock(&mutex_);
  Piece* piece = FindPiece(range.address, range.size);
  if (piece == nullptr) return;
  const auto entry = piece->Find(OffsetOf(range.address), range);
  if (entry == piece->pins.end() || !entry->Are(range)) return;
  if (--entry->count == 0) piece->pins.erase(entry);
}

std::optional<Use> Arena::QueuedUse(const void* address, size_t size) {
  MutexLock lock(&mutex_);
  const Piece* piece = FindPiece(address, size);
  if (piece == nullptr) return std::nullopt;
  const size_t begin = OffsetOf(address);
  for (const Pins& pins : piece->pins) {
    if (pins.offset >= begin + size) break;
    const PinnedRange& pin = pins.range;
    if (pin.use == Use::kCall || pin.use == Use::kLoad || pins.offset + pin.size <= begin) continue;
    return pin.use;
  }
  return std::nullopt;
}

bool Arena::CrossesRoom(const PinnedRange& range) {
  MutexLock lock(&mutex_);
  const Piece* piece = FindPiece(range.address, range.size);
  if (piece == nullptr) return false;
  const size_t begin = OffsetOf(range.address);
  const auto in_room = [](size_t start, size_t size, size_t other) {
    return other >= start + size && other < start + TouchRoom(size);
  };
  for (const Pins& pins : piece->pins) {
    const size_t offset = pins.offset;
    if (offset >= begin + TouchRoom(range.size)) break;
    const PinnedRange& pin = pins.range;
    if (pin.use == Use::kCall || (pin.use != Use::kLoad && pin.queue == range.queue)) continue;
    if (range.use == Use::kOutput && in_room(begin, range.size, offset)) return true;
    if (pin.use == Use::kOutput && in_room(offset, pin.size, begin)) return true;
  }
  return false;
}

Arena::Usage Arena::callers() {
  MutexLock lock(&mutex_);
  Usage usage;
  for (const auto& [offset, piece] : pieces_) {
    if (!piece.callers) continue;
    ++usage.pieces;
    usage.bytes += piece.size;
  }
  return usage;
}

size_t Arena::free_bytes() {
  MutexLock lock(&mutex_);
  size_t total = 0;
  for (const auto& [offset, length] : holes_) total += length;
  return total;
}

}  // namespace hostacl
