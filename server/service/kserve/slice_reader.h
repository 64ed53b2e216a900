// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/slice.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace omserve::kserve {

// Reads the pieces of a message one after the other, without putting them together. Single-thread.
class SliceReader {
 public:
  // 'slices' must outlive the reader and what it takes.
  explicit SliceReader(const std::vector<grpc::Slice>& slices) : slices_(slices) {
    for (const grpc::Slice& slice : slices) left_ += slice.size();
    SkipEmpty();
  }

  size_t left() const { return left_; }
  bool at_end() const { return left_ == 0; }

  // A number of protobuf; false when the message ends in it or it has more than 64 bits.
  bool ReadVarint(uint64_t& value) {
    constexpr unsigned kMostShift = 63;
    value = 0;
    for (unsigned shift = 0; shift <= kMostShift && left_ > 0; shift += 7) {
      const uint64_t byte = slices_[slice_].begin()[offset_];
      Advance(1);
      if (shift == kMostShift && byte > 1) return false;
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  // Gives 'bytes' to 'use', piece by piece. REQUIRES: bytes <= left().
  template <typename Use>
  void Take(size_t bytes, Use use) {
    while (bytes > 0) {
      const grpc::Slice& slice = slices_[slice_];
      const size_t piece = std::min(bytes, slice.size() - offset_);
      use(std::string_view(reinterpret_cast<const char*>(slice.begin()) + offset_, piece));
      Advance(piece);
      bytes -= piece;
    }
  }

 private:
  void Advance(size_t bytes) {
    offset_ += bytes;
    left_ -= bytes;
    if (offset_ == slices_[slice_].size()) {
      ++slice_;
      offset_ = 0;
      SkipEmpty();
    }
  }
  void SkipEmpty() {
    while (slice_ < slices_.size() && slices_[slice_].size() == 0) ++slice_;
  }

  const std::vector<grpc::Slice>& slices_;
  size_t slice_ = 0;
  size_t offset_ = 0;
  size_t left_ = 0;
};

// The same number as bytes.
inline void AppendVarint(uint64_t value, std::string& to) {
  while (value >= 0x80) {
    to += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  to += static_cast<char>(value);
}

}  // namespace omserve::kserve
