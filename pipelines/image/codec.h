// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/image/image_input.h"
#include "pipelines/image/picture.h"

namespace omserve {

// The codecs behind Decode(). Each gives RGB; INVALID_ARGUMENT as Decode(). Thread-safe.
absl::StatusOr<Picture> DecodeJpeg(std::string_view bytes, const ImageLimits& limits);
absl::StatusOr<Picture> DecodePng(std::string_view bytes, const ImageLimits& limits);
absl::StatusOr<Picture> DecodeWebp(std::string_view bytes, const ImageLimits& limits);

// INVALID_ARGUMENT when a picture of this size must not be decoded.
absl::Status CheckImageSize(int64_t width, int64_t height, const ImageLimits& limits);

}  // namespace omserve
