// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/pad_rows.h"

#include <cstring>

namespace omserve {

Picture PadRows(const Picture& picture, int rows) {
  Picture padded = Picture::Allocate(picture.width(), picture.height() + 2 * rows, picture.order());
  const size_t border = static_cast<size_t>(rows) * picture.row_bytes();
  std::memset(padded.mutable_pixels(), 0, border);
  std::memcpy(padded.mutable_pixels() + border, picture.pixels(), picture.bytes());
  std::memset(padded.mutable_pixels() + border + picture.bytes(), 0, border);
  return padded;
}

}  // namespace omserve
