// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/letterbox.h"

#include <algorithm>

#include "pipelines/base/status_macros.h"
#include "pipelines/image/normalise.h"
#include "pipelines/image/resize.h"

namespace omserve {

absl::StatusOr<Letterboxed> PreprocessVitDet(const Picture& picture,
                                             const LetterboxOptions& options,
                                             TensorAllocator& allocator) {
  const int size = options.size;
  const double scale = static_cast<double>(size) / std::max(picture.width(), picture.height());
  const auto resized = [&](int side) {
    return std::clamp(static_cast<int>(side * scale + 0.5), 1, size);
  };
  const int width = resized(picture.width());
  const int height = resized(picture.height());
  Letterboxed out;
  out.scale_x = static_cast<float>(static_cast<double>(width) / picture.width());
  out.scale_y = static_cast<float>(static_cast<double>(height) / picture.height());
  out.tensor = allocator.Allocate(DType::kFloat32, {1, 3, size, size});
  const NormaliseTable table(options.mean_rgb, options.std_rgb, 1.0F);
  float* frame = out.tensor.as<float>().data();
  if (width == picture.width() && height == picture.height()) {
    table.ToPlanes(picture, options.pad_value, size, size, frame);
    return out;
  }
  OMSERVE_ASSIGN_OR_RETURN(const Picture small, ResizeLinear(picture, width, height));
  table.ToPlanes(small, options.pad_value, size, size, frame);
  return out;
}

absl::StatusOr<HostTensor> PreprocessInternVit(const Picture& picture,
                                               const CenterCropOptions& options,
                                               TensorAllocator& allocator) {
  const int size = options.size;
  const int64_t short_side = std::min(picture.width(), picture.height());
  const auto resized = [&](int side) {
    return static_cast<int>(static_cast<int64_t>(size) * side / short_side);
  };
  const int width = resized(picture.width());
  const int height = resized(picture.height());
  const CropWindow middle = {(width - size) / 2, (height - size) / 2, size, size};
  OMSERVE_ASSIGN_OR_RETURN(const Picture cropped,
                           ResizePillowBicubic(picture, width, height, middle));
  HostTensor tensor = allocator.Allocate(DType::kFloat32, {1, 3, size, size});
  const NormaliseTable table(options.mean_rgb, options.std_rgb, 255.0F);
  table.ToPlanes(cropped, 0, size, size, tensor.as<float>().data());
  return tensor;
}

}  // namespace omserve
