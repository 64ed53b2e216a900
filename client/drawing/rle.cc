// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/rle.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace omserve::client {
namespace {

constexpr int64_t kMaxPixels = int64_t{1} << 28;

// The run lengths; from the third on each is stored as the difference to the one two before.
absl::StatusOr<std::vector<int64_t>> ReadRuns(std::string_view counts) {
  std::vector<int64_t> runs;
  size_t at = 0;
  while (at < counts.size()) {
    int64_t value = 0;
    int shift = 0;
    bool more = true;
    while (more) {
      if (at == counts.size()) {
        return absl::InvalidArgumentError("run lengths end inside a number");
      }
      const int bits = counts[at] - 48;
      if (bits < 0 || bits > 63 || shift > 55) {
        return absl::InvalidArgumentError(absl::StrCat("bad run length at character ", at));
      }
      ++at;
      value |= int64_t{bits & 0x1f} << shift;
      shift += 5;
      more = (bits & 0x20) != 0;
      if (!more && (bits & 0x10) != 0) {
        value -= int64_t{1} << shift;  // the sign bit of the last group
      }
    }
    if (runs.size() > 2) {
      value += runs[runs.size() - 2];
    }
    if (value < 0 || value > kMaxPixels) {
      return absl::InvalidArgumentError(absl::StrCat("run length out of range: ", value));
    }
    runs.push_back(value);
  }
  return runs;
}

}  // namespace

absl::StatusOr<std::vector<uint8_t>> DecodeRle(std::string_view counts, int height, int width) {
  if (height < 1 || width < 1 || int64_t{height} * width > kMaxPixels) {
    return absl::InvalidArgumentError(absl::StrCat("bad mask size: ", width, "x", height));
  }
  const absl::StatusOr<std::vector<int64_t>> runs = ReadRuns(counts);
  if (!runs.ok()) {
    return runs.status();
  }
  const int64_t pixels = int64_t{height} * width;
  std::vector<uint8_t> mask(static_cast<size_t>(pixels), 0);
  int64_t at = 0;  // counts down the columns
  for (size_t i = 0; i < runs->size(); ++i) {
    const int64_t end = at + (*runs)[i];
    if (end > pixels) {
      return absl::InvalidArgumentError("run lengths are longer than the mask");
    }
    if (i % 2 == 1) {
      for (int64_t p = at; p < end; ++p) {
        mask[static_cast<size_t>(p % height * width + p / height)] = 1;
      }
    }
    at = end;
  }
  if (at != pixels) {
    return absl::InvalidArgumentError(
        absl::StrCat("run lengths cover ", at, " of ", pixels, " pixels"));
  }
  return mask;
}

}  // namespace omserve::client
