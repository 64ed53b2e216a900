// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/rle.h"

#include <algorithm>

#include "absl/status/status.h"

namespace omserve {
namespace {

// Collects alternating runs; runs of the same value that follow each other become one.
class RunWriter {
 public:
  void Add(uint8_t value, uint64_t length) {
    if (length == 0) return;
    if (value != value_) {
      runs_.push_back(static_cast<uint32_t>(length_));
      value_ = value;
      length_ = 0;
    }
    length_ += length;
  }
  std::vector<uint32_t> Finish() {
    runs_.push_back(static_cast<uint32_t>(length_));
    return std::move(runs_);
  }

 private:
  uint8_t value_ = 0;
  uint64_t length_ = 0;
  std::vector<uint32_t> runs_;
};

}  // namespace

std::vector<uint32_t> RunLengths(const MaskRegion& mask) {
  RunWriter writer;
  const auto image_height = static_cast<uint64_t>(mask.image_height);
  const auto width = static_cast<size_t>(mask.width);
  const auto height = static_cast<size_t>(mask.height);
  const auto y = static_cast<uint64_t>(mask.y);
  if (width == 0 || height == 0) {
    writer.Add(0, image_height * static_cast<uint64_t>(mask.image_width));
    return writer.Finish();
  }
  std::vector<uint8_t> column(height);
  writer.Add(0, image_height * static_cast<uint64_t>(mask.x));
  for (size_t x = 0; x < width; ++x) {
    writer.Add(0, y);
    for (size_t row = 0; row < height; ++row) column[row] = mask.pixels[row * width + x];
    for (auto it = column.begin(); it != column.end();) {
      const auto next = std::find_if(it, column.end(), [&](uint8_t v) { return v != *it; });
      writer.Add(*it, static_cast<uint64_t>(next - it));
      it = next;
    }
    writer.Add(0, image_height - y - height);
  }
  writer.Add(0, image_height * static_cast<uint64_t>(mask.image_width - mask.x - mask.width));
  return writer.Finish();
}

std::string ToRleText(const std::vector<uint32_t>& runs) {
  std::string text;
  for (size_t i = 0; i < runs.size(); ++i) {
    int64_t value = runs[i];
    if (i > 2) value -= runs[i - 2];
    bool more = true;
    while (more) {
      auto bits = static_cast<int>(value & 0x1f);
      value >>= 5;
      more = (bits & 0x10) != 0 ? value != -1 : value != 0;
      if (more) bits |= 0x20;
      text.push_back(static_cast<char>(bits + 48));
    }
  }
  return text;
}

absl::StatusOr<std::vector<uint32_t>> FromRleText(std::string_view text) {
  std::vector<uint32_t> runs;
  size_t at = 0;
  while (at < text.size()) {
    int64_t value = 0;
    bool more = true;
    for (int shift = 0; more; shift += 5) {
      if (at == text.size()) return absl::InvalidArgumentError("the RLE text is cut off");
      const int bits = text[at++] - 48;
      if (bits < 0 || bits > 63 || shift > 35) {
        return absl::InvalidArgumentError("the RLE text has a character that does not belong");
      }
      value |= static_cast<int64_t>(bits & 0x1f) << shift;
      more = (bits & 0x20) != 0;
      if (!more && (bits & 0x10) != 0) value |= -1LL * (1LL << (shift + 5));
    }
    if (runs.size() > 2) value += runs[runs.size() - 2];
    if (value < 0 || value > UINT32_MAX) {
      return absl::InvalidArgumentError("the RLE text has a run that is out of range");
    }
    runs.push_back(static_cast<uint32_t>(value));
  }
  return runs;
}

absl::StatusOr<std::vector<uint8_t>> PixelsOfRuns(const std::vector<uint32_t>& runs, int width,
                                                  int height) {
  const auto rows = static_cast<size_t>(height);
  const auto columns = static_cast<size_t>(width);
  std::vector<uint8_t> pixels(rows * columns, 0);
  size_t at = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i] > pixels.size() - at) {
      return absl::InvalidArgumentError("the runs are longer than the picture");
    }
    for (const size_t end = at + runs[i]; at < end; ++at) {
      if (i % 2 == 1) pixels[at % rows * columns + at / rows] = 1;
    }
  }
  if (at != pixels.size()) {
    return absl::InvalidArgumentError("the runs are shorter than the picture");
  }
  return pixels;
}

}  // namespace omserve
