// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/mask_paste.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "pipelines/base/multiversion.h"

namespace omserve {
namespace {

// Where the pixels of one axis sample a map that has a zero before its first and after its last
// value: low[i] + fraction[i], both taps inside the padded map.
struct Samples {
  std::vector<int32_t> low;
  std::vector<float> fraction;
};

Samples SampleAxis(int begin, int end, float from, float to, int side) {
  Samples samples;
  const auto count = static_cast<size_t>(std::max(0, end - begin));
  samples.low.resize(count);
  samples.fraction.resize(count);
  const auto size = static_cast<float>(side);
  for (size_t i = 0; i < count; ++i) {
    const float center = static_cast<float>(begin + static_cast<int>(i)) + 0.5F;
    float unit = (center - from) / (to - from) * 2.0F - 1.0F;
    if (std::isinf(unit)) unit = 0.0F;
    const float position = ((unit + 1.0F) * size - 1.0F) * 0.5F;
    if (!(position > -1.0F && position < size)) {  // wholly outside: both taps on the zero
      samples.low[i] = 0;
      samples.fraction[i] = 0.0F;
      continue;
    }
    const float low = std::floor(position);
    samples.low[i] = static_cast<int32_t>(low) + 1;
    samples.fraction[i] = position - low;
  }
  return samples;
}

OMSERVE_MULTIVERSION
void ThresholdRow(const float* __restrict row, const int32_t* __restrict low,
                  const float* __restrict fraction, size_t count, float threshold,
                  uint8_t* __restrict out) {
  for (size_t i = 0; i < count; ++i) {
    const float a = row[low[i]];
    const float b = row[low[i] + 1];
    out[i] = a + fraction[i] * (b - a) >= threshold ? 1 : 0;
  }
}

int Bounded(float value, int low, int high) {
  return static_cast<int>(std::clamp(value, static_cast<float>(low), static_cast<float>(high)));
}

}  // namespace

MaskRegion PasteMask(std::span<const float> logits, int side, const Box& box, int image_width,
                     int image_height, float threshold) {
  MaskRegion region;
  region.image_width = image_width;
  region.image_height = image_height;
  if (std::isnan(box.x1) || std::isnan(box.y1) || std::isnan(box.x2) || std::isnan(box.y2)) {
    return region;
  }
  region.x = Bounded(std::floor(box.x1) - 1.0F, 0, image_width);
  region.y = Bounded(std::floor(box.y1) - 1.0F, 0, image_height);
  region.width = std::max(0, Bounded(std::ceil(box.x2) + 1.0F, 0, image_width) - region.x);
  region.height = std::max(0, Bounded(std::ceil(box.y2) + 1.0F, 0, image_height) - region.y);
  if (region.width == 0 || region.height == 0) {
    region.width = region.height = 0;
    return region;
  }
  const auto pitch = static_cast<size_t>(side) + 3;  // one zero before, two after
  std::vector<float> padded(pitch * pitch, 0.0F);
  for (size_t y = 0; y < static_cast<size_t>(side); ++y) {
    for (size_t x = 0; x < static_cast<size_t>(side); ++x) {
      const float logit = logits[y * static_cast<size_t>(side) + x];
      padded[(y + 1) * pitch + x + 1] = 1.0F / (1.0F + std::exp(-logit));
    }
  }
  const Samples xs = SampleAxis(region.x, region.x + region.width, box.x1, box.x2, side);
  const Samples ys = SampleAxis(region.y, region.y + region.height, box.y1, box.y2, side);
  const auto width = static_cast<size_t>(region.width);
  region.pixels.resize(width * static_cast<size_t>(region.height));
  std::vector<float> row(pitch);
  for (size_t y = 0; y < ys.low.size(); ++y) {
    const float* above = padded.data() + static_cast<size_t>(ys.low[y]) * pitch;
    const float* below = above + pitch;
    for (size_t x = 0; x < pitch; ++x) row[x] = above[x] + ys.fraction[y] * (below[x] - above[x]);
    ThresholdRow(row.data(), xs.low.data(), xs.fraction.data(), width, threshold,
                 region.pixels.data() + y * width);
  }
  return region;
}

}  // namespace omserve
