// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>

#include "absl/status/statusor.h"
#include "client/drawing/text_font.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// Whether a line has characters beyond ASCII.
bool NeedsFont(const v1::ReadTextResponse& answer);

// A copy of 'picture' (RGB, upright) with the outline of every line and, beside it on white, a
// sheet of the same size with the text where it stands. Without a font, which may be null,
// characters beyond ASCII show as '?'. INVALID_ARGUMENT: an answer about a picture of another size,
// or about lines. Thread-safe with fonts of its own; nothing throws.
absl::StatusOr<cv::Mat> DrawText(const cv::Mat& picture, const v1::ReadTextResponse& answer,
                                 const TextFont* font);

}  // namespace omserve::client
