// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>

#include "absl/status/statusor.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// A copy of 'picture' (RGB, upright) with the outline of every line and, beside it on white, a
// sheet of the same size with the text where it stands. The font has ASCII only; other characters
// show as
// '?'. INVALID_ARGUMENT: an answer about a picture of another size, or about lines. Thread-safe;
// nothing throws.
absl::StatusOr<cv::Mat> DrawText(const cv::Mat& picture, const v1::ReadTextResponse& answer);

}  // namespace omserve::client
