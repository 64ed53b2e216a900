// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>

#include "absl/status/statusor.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// Thread-safe, all of them; nothing throws.

// The mask in its own size, CV_8UC1, not zero where the object is; polygons take the size given
// (pixels). INVALID_ARGUMENT: no mask, or a broken one.
absl::StatusOr<cv::Mat> DecodeMask(const v1::Mask& mask, int width, int height);

// A copy of 'picture' (RGB, upright) with translucent masks, boxes and labels "name 0.87"; small
// pictures are enlarged 2 or 3 times first, so that the text can be read. INVALID_ARGUMENT: a
// broken mask, or an answer about a picture of another size.
absl::StatusOr<cv::Mat> DrawDetections(const cv::Mat& picture, const v1::DetectResponse& answer);

}  // namespace omserve::client
