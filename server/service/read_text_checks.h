// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "omserve/v1/vision.pb.h"
#include "pipelines/graphs/ppocr_config.h"
#include "pipelines/graphs/text_line.h"
#include "pipelines/image/image_input.h"

namespace omserve {

// ReadText requests into what the pipeline takes. All errors are INVALID_ARGUMENT and begin with
// the field. Nothing is decoded here: these run on gRPC's threads.

// 'request' must outlive the answer, which points into it.
absl::StatusOr<ReadTextInput> CheckReadTextInput(const v1::ReadTextRequest& request,
                                                 const ImageLimits& limits);

// Host memory that the input needs, decoded too. INVALID_ARGUMENT, naming the line, when the lines
// together have more pixels than one picture may have.
absl::StatusOr<int64_t> ReadTextInputBytes(const ReadTextInput& input, const ImageLimits& limits);

// Options that the request leaves out come from the pipeline's configuration.
absl::StatusOr<ReadTextOptions> CheckReadTextOptions(const v1::ReadTextRequest& request,
                                                     const PpOcrConfig& config);

}  // namespace omserve
