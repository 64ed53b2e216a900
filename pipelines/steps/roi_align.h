// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/box.h"
#include "pipelines/base/tensor.h"

namespace omserve {

// Crops ROIs out of a feature pyramid: RoIAlign with aligned = true and adaptive sampling
// (sampling_ratio 0), bins averaged. One object serves the box and the mask stage of one request,
// since it keeps the feature rows that it has put into channel-last order. Holds the levels'
// memory. Thread-compatible. Formula: mmcv ops/csrc/pytorch/cpu/roi_align.cpp.
class RoiAligner {
 public:
  // 'levels' are float32 [1, C, H, W], finest first; strides[i] is level i's stride in pixels of
  // the model frame; 'finest_scale' as in RoiLevel(). INVALID_ARGUMENT when a shape does not fit.
  static absl::StatusOr<RoiAligner> Create(std::vector<HostTensor> levels, std::vector<int> strides,
                                           float finest_scale);

  // Features float32 [rois, C, size, size] from 'allocator', each ROI from its own level. An ROI of
  // no area gives zeros. REQUIRES: finite ROIs in pixels of the model frame, size >= 1.
  HostTensor Align(std::span<const Box> rois, int size, TensorAllocator& allocator);

 private:
  struct Level {
    HostTensor chw;
    size_t height = 0;
    size_t width = 0;
    float scale = 1;               // 1 / stride
    std::unique_ptr<float[]> hwc;  // channel-last rows, valid where 'ready'
    std::vector<uint8_t> ready;    // one flag a row
  };
  RoiAligner(std::vector<Level> levels, size_t channels, float finest_scale)
      : levels_(std::move(levels)), channels_(channels), finest_scale_(finest_scale) {}

  void PrepareRows(Level& level, size_t begin, size_t end) const;
  void AlignOne(const Box& roi, size_t size, float* out);

  std::vector<Level> levels_;
  size_t channels_;
  float finest_scale_;
  std::vector<float> rows_;  // one bin row, summed over y: [x][C]
  std::vector<float> bins_;  // the answer before it is turned to channel-first: [bin][C]
};

}  // namespace omserve
