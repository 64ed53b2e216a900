// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"
#include "pipelines/image/picture.h"

namespace omserve {

struct LetterboxOptions {
  int size = 1024;          // pixels, square frame
  uint8_t pad_value = 114;  // grey level of the padding, before normalising
  std::array<float, 3> mean_rgb = {};
  std::array<float, 3> std_rgb = {};  // 0..255 scale, as the mean
};

struct Letterboxed {
  HostTensor tensor;  // float32 [1, 3, size, size], RGB
  float scale_x = 1;  // resized width / original width
  float scale_y = 1;  // the same for the height; not equal after rounding
};

// ViTDet's preprocessing: the long side becomes 'size' (small pictures grow), bilinear on 8 bits,
// padded to the right and below with 'pad_value', then normalised. Thread-safe.
// Formula: mmdet Resize, Pad, DetDataPreprocessor.
absl::StatusOr<Letterboxed> PreprocessVitDet(const Picture& picture,
                                             const LetterboxOptions& options,
                                             TensorAllocator& allocator);

struct CenterCropOptions {
  int size = 224;  // pixels, square
  std::array<float, 3> mean_rgb = {};
  std::array<float, 3> std_rgb = {};  // 0..1 scale, as the mean
};

// InternViT's preprocessing: the short side becomes 'size' (Pillow bicubic; the long one is cut to
// a whole number), the middle is cut out, scaled to 0..1 and normalised. float32 [1, 3, size,
// size], RGB. Thread-safe. Formula: transformers CLIPImageProcessor.
absl::StatusOr<HostTensor> PreprocessInternVit(const Picture& picture,
                                               const CenterCropOptions& options,
                                               TensorAllocator& allocator);

}  // namespace omserve
