// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"
#include "pipelines/image/picture.h"

namespace omserve {

// How a picture becomes the input of an image classifier; defaults are torchvision's for ImageNet,
// without its margin (resize_side 256 for 224).
struct ClassifierInputOptions {
  enum class Fit : uint8_t {
    kCrop,     // the shorter side becomes 'resize_side', the middle is cut out
    kStretch,  // both sides become those of the input, whatever the proportions
  };
  enum class Filter : uint8_t { kPillowBilinear, kPillowBicubic };

  int width = 224;   // of the model's input, pixels
  int height = 224;  // the same
  Fit fit = Fit::kCrop;
  int resize_side = 224;  // pixels; only with kCrop, and not below width or height
  Filter filter = Filter::kPillowBilinear;
  ChannelOrder channels = ChannelOrder::kRgb;  // that the model wants
  // (value / divisor - mean) / std, of the model's channels in their order; value 0 to 255.
  float divisor = 255;
  std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
  std::array<float, 3> std = {0.229F, 0.224F, 0.225F};  // above 0
  // The model normalises by itself (AIPP): its input is uint8 [1, height, width, 3].
  bool raw_pixels = false;
};

// float32 [1, 3, height, width], or uint8 [1, height, width, 3] with raw_pixels. INVALID_ARGUMENT
// when the picture cannot be resized. Thread-safe. Formula: torchvision transforms Resize (the
// longer side is cut to a whole number) and CenterCrop (the margin is halved and rounded half to
// even), Pillow's filters on 8 bits.
absl::StatusOr<HostTensor> PreprocessClassifier(const Picture& picture,
                                                const ClassifierInputOptions& options,
                                                TensorAllocator& allocator);

}  // namespace omserve
