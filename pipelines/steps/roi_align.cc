// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/roi_align.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/multiversion.h"
#include "pipelines/steps/roi_level.h"

namespace omserve {
namespace {

// A bin's value is a product of one weighted sum over rows and one over columns, because both the
// bilinear weights and the zero outside the map split by axis.
struct Bin {
  size_t first = 0;
  std::vector<float> weights;  // of first, first + 1, ..
};

// The weights of the bins of one axis; 'length' values at the level's scale.
std::vector<Bin> AxisBins(float from, float to, float scale, size_t bins, size_t length) {
  std::vector<Bin> result(bins);
  const float start = from * scale - 0.5F;
  const float extent = to * scale - 0.5F - start;
  if (!(extent > 0.0F)) return result;
  const float bin_size = extent / static_cast<float>(bins);
  const int grid = static_cast<int>(std::ceil(bin_size));
  const auto last = static_cast<int>(length) - 1;
  for (size_t b = 0; b < bins; ++b) {
    Bin& bin = result[b];
    for (int i = 0; i < grid; ++i) {
      float at = start + static_cast<float>(b) * bin_size +
                 (static_cast<float>(i) + 0.5F) * bin_size / static_cast<float>(grid);
      if (at < -1.0F || at > static_cast<float>(length)) continue;
      at = std::max(at, 0.0F);
      const int low = std::min(static_cast<int>(at), last);
      const int high = std::min(low + 1, last);
      const float fraction = low == last ? 0.0F : at - static_cast<float>(low);
      if (bin.weights.empty()) bin.first = static_cast<size_t>(low);
      bin.weights.resize(std::max(bin.weights.size(), static_cast<size_t>(high) - bin.first + 1));
      bin.weights[static_cast<size_t>(low) - bin.first] += 1.0F - fraction;
      bin.weights[static_cast<size_t>(high) - bin.first] += fraction;
    }
    for (float& weight : bin.weights) weight /= static_cast<float>(grid);
  }
  return result;
}

// The half-open range of values that any bin reads.
std::pair<size_t, size_t> Reach(const std::vector<Bin>& bins) {
  size_t begin = SIZE_MAX;
  size_t end = 0;
  for (const Bin& bin : bins) {
    if (bin.weights.empty()) continue;
    begin = std::min(begin, bin.first);
    end = std::max(end, bin.first + bin.weights.size());
  }
  return {std::min(begin, end), end};
}

// out[i] = sum over k of weights[k] * in[k * pitch + i].
OMSERVE_MULTIVERSION
void WeightedSum(const float* __restrict in, size_t pitch, const float* __restrict weights,
                 size_t count, float* __restrict out, size_t n) {
  constexpr size_t kBlock = 32;
  size_t i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    float sum[kBlock] = {};
    for (size_t k = 0; k < count; ++k) {
      const float weight = weights[k];
      const float* from = in + k * pitch + i;
      for (size_t j = 0; j < kBlock; ++j) sum[j] += weight * from[j];
    }
    for (size_t j = 0; j < kBlock; ++j) out[i + j] = sum[j];
  }
  for (; i < n; ++i) {
    float sum = 0;
    for (size_t k = 0; k < count; ++k) sum += weights[k] * in[k * pitch + i];
    out[i] = sum;
  }
}

// out[column][row] = in[row][column]; 'in_pitch' values between the rows of 'in'.
void Transpose(const float* in, size_t in_pitch, size_t rows, size_t columns, float* out) {
  constexpr size_t kBlock = 16;  // a cache line of the output
  for (size_t r0 = 0; r0 < rows; r0 += kBlock) {
    const size_t r1 = std::min(rows, r0 + kBlock);
    for (size_t c = 0; c < columns; ++c) {
      for (size_t r = r0; r < r1; ++r) out[c * rows + r] = in[r * in_pitch + c];
    }
  }
}

}  // namespace

absl::StatusOr<RoiAligner> RoiAligner::Create(std::vector<HostTensor> levels,
                                              std::vector<int> strides, float finest_scale) {
  if (levels.empty() || levels.size() != strides.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("RoIAlign has ", levels.size(), " levels and ", strides.size(), " strides"));
  }
  std::vector<Level> prepared;
  for (size_t i = 0; i < levels.size(); ++i) {
    const HostTensor& map = levels[i];
    if (!map.has_value() || map.dtype() != DType::kFloat32 || map.shape().size() != 4 ||
        map.dim(0) != 1 || map.elements() <= 0 || map.dim(1) != levels[0].dim(1) ||
        strides[i] <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature level ", i, " is ", DTypeName(map.dtype()), " ",
                       ShapeString(map.shape()), " where float32 [1,C,H,W] is needed"));
    }
    Level level;
    level.chw = map;
    level.height = static_cast<size_t>(map.dim(2));
    level.width = static_cast<size_t>(map.dim(3));
    level.scale = 1.0F / static_cast<float>(strides[i]);
    level.ready.resize(level.height, 0);
    prepared.push_back(std::move(level));
  }
  const auto channels = static_cast<size_t>(levels[0].dim(1));
  return RoiAligner(std::move(prepared), channels, finest_scale);
}

void RoiAligner::PrepareRows(Level& level, size_t begin, size_t end) const {
  if (level.hwc == nullptr) {
    level.hwc = std::make_unique_for_overwrite<float[]>(level.height * level.width * channels_);
  }
  const float* chw = level.chw.as<float>().data();
  for (size_t y = begin; y < end; ++y) {
    if (level.ready[y] != 0) continue;
    Transpose(chw + y * level.width, level.height * level.width, channels_, level.width,
              level.hwc.get() + y * level.width * channels_);
    level.ready[y] = 1;
  }
}

void RoiAligner::AlignOne(const Box& roi, size_t size, float* out) {
  Level& level =
      levels_[static_cast<size_t>(RoiLevel(roi, finest_scale_, static_cast<int>(levels_.size())))];
  const std::vector<Bin> ys = AxisBins(roi.y1, roi.y2, level.scale, size, level.height);
  const std::vector<Bin> xs = AxisBins(roi.x1, roi.x2, level.scale, size, level.width);
  const auto [top, bottom] = Reach(ys);
  const auto [left, right] = Reach(xs);
  if (top == bottom || left == right) {
    std::fill_n(out, channels_ * size * size, 0.0F);
    return;
  }
  PrepareRows(level, top, bottom);
  const size_t pitch = level.width * channels_;
  const size_t span = (right - left) * channels_;
  rows_.resize(span);
  bins_.resize(size * size * channels_);
  for (size_t y = 0; y < size; ++y) {
    WeightedSum(level.hwc.get() + ys[y].first * pitch + left * channels_, pitch,
                ys[y].weights.data(), ys[y].weights.size(), rows_.data(), span);
    for (size_t x = 0; x < size; ++x) {
      const size_t first = xs[x].weights.empty() ? left : xs[x].first;
      WeightedSum(rows_.data() + (first - left) * channels_, channels_, xs[x].weights.data(),
                  xs[x].weights.size(), bins_.data() + (y * size + x) * channels_, channels_);
    }
  }
  Transpose(bins_.data(), channels_, size * size, channels_, out);
}

HostTensor RoiAligner::Align(std::span<const Box> rois, int size, TensorAllocator& allocator) {
  HostTensor out = allocator.Allocate(
      DType::kFloat32,
      {static_cast<int64_t>(rois.size()), static_cast<int64_t>(channels_), size, size});
  const auto side = static_cast<size_t>(size);
  for (size_t i = 0; i < rois.size(); ++i) {
    AlignOne(rois[i], side, out.as<float>().data() + i * channels_ * side * side);
  }
  return out;
}

}  // namespace omserve
