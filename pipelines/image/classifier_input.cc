// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/classifier_input.h"

#include <algorithm>
#include <cstring>

#include "pipelines/base/status_macros.h"
#include "pipelines/image/normalise.h"
#include "pipelines/image/resize.h"

namespace omserve {
namespace {

using Options = ClassifierInputOptions;

// Half of the margin, rounded half to even as Python's round().
int Before(int side, int cut) {
  const int margin = side - cut;
  return margin % 4 == 3 ? margin / 2 + 1 : margin / 2;
}

absl::StatusOr<Picture> Fitted(const Picture& picture, const Options& options) {
  int width = options.width, height = options.height;
  if (options.fit == Options::Fit::kCrop) {
    const int64_t short_side = std::min(picture.width(), picture.height());
    width = static_cast<int>(int64_t{options.resize_side} * picture.width() / short_side);
    height = static_cast<int>(int64_t{options.resize_side} * picture.height() / short_side);
  }
  const CropWindow middle = {Before(width, options.width), Before(height, options.height),
                             options.width, options.height};
  return options.filter == Options::Filter::kPillowBicubic
             ? ResizePillowBicubic(picture, width, height, middle)
             : ResizePillowBilinear(picture, width, height, middle);
}

}  // namespace

absl::StatusOr<HostTensor> PreprocessClassifier(const Picture& picture, const Options& options,
                                                TensorAllocator& allocator) {
  OMSERVE_ASSIGN_OR_RETURN(const Picture fitted, Fitted(picture, options));
  const int width = options.width, height = options.height;
  if (options.raw_pixels) {
    HostTensor tensor = allocator.Allocate(DType::kUint8, {1, height, width, 3});
    uint8_t* to = tensor.as<uint8_t>().data();
    std::memcpy(to, fitted.pixels(), fitted.bytes());
    if (fitted.order() != options.channels) {
      for (size_t i = 0; i < fitted.bytes(); i += 3) std::swap(to[i], to[i + 2]);
    }
    return tensor;
  }
  HostTensor tensor = allocator.Allocate(DType::kFloat32, {1, 3, height, width});
  // The table's planes are red, green, blue; under the other name they come in the model's order.
  const ChannelOrder order =
      fitted.order() == options.channels ? ChannelOrder::kRgb : ChannelOrder::kBgr;
  const Picture named = Picture::Borrow(fitted.pixels(), width, height, order);
  const NormaliseTable table(options.mean, options.std, options.divisor);
  table.ToPlanes(named, 0, width, height, tensor.as<float>().data());
  return tensor;
}

}  // namespace omserve
