// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace omserve::client {

// Thread-safe, all of them; nothing throws.

// A JPEG (turned upright after its EXIF), PNG (alpha on white) or WebP as 8-bit RGB, CV_8UC3.
// INVALID_ARGUMENT: none of these, broken, or above 2^28 pixels.
absl::StatusOr<cv::Mat> DecodePicture(std::string_view bytes);

// A PNG as 8-bit grey, CV_8UC1. INVALID_ARGUMENT: not a PNG, or broken.
absl::StatusOr<cv::Mat> DecodeGreyPng(std::string_view bytes);

// Writes an RGB picture (CV_8UC3) as PNG, over what was there. UNAVAILABLE: could not be written.
absl::Status WritePng(const cv::Mat& picture, const std::string& path);

}  // namespace omserve::client
