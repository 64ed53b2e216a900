// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <webp/decode.h>

#include "pipelines/base/status_macros.h"
#include "pipelines/image/codec.h"

namespace omserve {

absl::StatusOr<Picture> DecodeWebp(std::string_view bytes, const ImageLimits& limits) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) {
    return absl::InvalidArgumentError(
        "image: the WebP header is cut off or damaged; send the whole file");
  }
  if (features.has_animation != 0) {
    return absl::InvalidArgumentError("image: the WebP is an animation; send a single picture");
  }
  OMSERVE_RETURN_IF_ERROR(CheckImageSize(features.width, features.height, limits));
  Picture picture = Picture::Allocate(features.width, features.height, ChannelOrder::kRgb);
  if (WebPDecodeRGBInto(data, bytes.size(), picture.mutable_pixels(), picture.bytes(),
                        static_cast<int>(picture.row_bytes())) == nullptr) {
    return absl::InvalidArgumentError("image: the WebP is cut off or damaged; send the whole file");
  }
  return picture;
}

}  // namespace omserve
