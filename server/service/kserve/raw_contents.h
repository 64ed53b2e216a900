// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"

namespace omserve::kserve {

// The bytes of one tensor as they lie in the pieces of a message. Borrows them: the message must
// outlive it. A value; thread-compatible.
class RawContents {
 public:
  void Add(std::string_view piece) {
    if (piece.empty()) return;
    pieces_.push_back(piece);
    size_ += piece.size();
  }
  size_t size() const { return size_; }

  // REQUIRES: room for size() bytes.
  void CopyTo(std::byte* to) const;
  // In one piece: the message's own when there is one, else copied to 'scratch', which then must
  // live as long as the answer.
  std::string_view Flat(std::string& scratch) const;

 private:
  absl::InlinedVector<std::string_view, 2> pieces_;
  size_t size_ = 0;
};

}  // namespace omserve::kserve
