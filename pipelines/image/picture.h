// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace omserve {

enum class ChannelOrder : uint8_t { kRgb, kBgr };

// An 8-bit picture of three interleaved channels, rows without gaps. It owns its pixels, or borrows
// those of a raw input, which must then outlive it. Move-only, thread-compatible.
class Picture {
 public:
  Picture() = default;
  // Owned, uninitialised pixels. REQUIRES: width and height >= 1.
  static Picture Allocate(int width, int height, ChannelOrder order) {
    Picture picture;
    picture.width_ = width;
    picture.height_ = height;
    picture.order_ = order;
    picture.owned_ = std::make_unique_for_overwrite<uint8_t[]>(picture.bytes());
    picture.pixels_ = picture.owned_.get();
    return picture;
  }
  static Picture Borrow(const uint8_t* pixels, int width, int height, ChannelOrder order) {
    Picture picture;
    picture.width_ = width;
    picture.height_ = height;
    picture.order_ = order;
    picture.pixels_ = pixels;
    return picture;
  }

  int width() const { return width_; }
  int height() const { return height_; }
  ChannelOrder order() const { return order_; }
  size_t row_bytes() const { return static_cast<size_t>(width_) * 3; }
  size_t bytes() const { return row_bytes() * static_cast<size_t>(height_); }
  const uint8_t* pixels() const { return pixels_; }
  const uint8_t* row(int y) const { return pixels_ + static_cast<size_t>(y) * row_bytes(); }
  // REQUIRES: the pixels are owned.
  uint8_t* mutable_pixels() { return owned_.get(); }
  uint8_t* mutable_row(int y) { return owned_.get() + static_cast<size_t>(y) * row_bytes(); }

 private:
  int width_ = 0;
  int height_ = 0;
  ChannelOrder order_ = ChannelOrder::kRgb;
  std::unique_ptr<uint8_t[]> owned_;
  const uint8_t* pixels_ = nullptr;
};

}  // namespace omserve
