// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/raw_contents.h"

#include <cstring>

namespace omserve::kserve {

void RawContents::CopyTo(std::byte* to) const {
  for (const std::string_view piece : pieces_) {
    std::memcpy(to, piece.data(), piece.size());
    to += piece.size();
  }
}

std::string_view RawContents::Flat(std::string& scratch) const {
  if (pieces_.empty()) return {};
  if (pieces_.size() == 1) return pieces_.front();
  scratch.clear();
  scratch.reserve(size_);
  for (const std::string_view piece : pieces_) scratch += piece;
  return scratch;
}

}  // namespace omserve::kserve
