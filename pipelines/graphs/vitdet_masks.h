// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"
#include "pipelines/graphs/detection.h"

namespace omserve {

// Fills in the masks of 'detections' in the form that was asked for. 'logits' is float32 [K,
// classes, M, M], row k for detection k; boxes are in pixels of the original picture.
// INVALID_ARGUMENT when the shape does not fit, and the errors of the encoders. Thread-safe.
absl::Status FillMasks(const HostTensor& logits, int num_classes, int image_width, int image_height,
                       float threshold, MaskForm form, std::span<Detection> detections);

}  // namespace omserve
