// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/mask_region.h"

namespace omserve {

// COCO's run lengths of the whole picture: column by column, starting with the zeros (0 when the
// first pixel is set). They sum up to image_width * image_height. Pure, thread-safe.
// Formula: cocoapi common/maskApi.c, rleEncode.
std::vector<uint32_t> RunLengths(const MaskRegion& mask);

// The run lengths as COCO's compressed text (rleToString), and back. FromRleText gives
// INVALID_ARGUMENT for a text that is cut off or has a negative run. Pure, thread-safe.
std::string ToRleText(const std::vector<uint32_t>& runs);
absl::StatusOr<std::vector<uint32_t>> FromRleText(std::string_view text);

// The pixels of a run-length code, row by row, 0 or 1; INVALID_ARGUMENT when the runs do not sum up
// to width * height. Pure, thread-safe.
absl::StatusOr<std::vector<uint8_t>> PixelsOfRuns(const std::vector<uint32_t>& runs, int width,
                                                  int height);

}  // namespace omserve
