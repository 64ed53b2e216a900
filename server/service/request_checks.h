// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omserve/v1/vision.pb.h"
#include "pipelines/graphs/classify.h"
#include "pipelines/graphs/detection.h"
#include "pipelines/graphs/internvit.h"
#include "pipelines/image/image_input.h"

namespace omserve {

// Requests into what the pipelines take. All errors are INVALID_ARGUMENT and begin with the field.
// Nothing is decoded here: these run on gRPC's threads.

// 'message' must outlive the answer, which points into it.
absl::StatusOr<ImageInput> CheckImage(const v1::Image& message, const ImageLimits& limits);

// Options that the request leaves out come from 'defaults'.
absl::StatusOr<DetectOptions> CheckDetectOptions(const v1::DetectRequest& request,
                                                 const DetectOptions& defaults);

// 'num_classes' is what top_k may be at most.
absl::StatusOr<EmbedOptions> CheckEmbedOptions(const v1::EmbedRequest& request, int num_classes);

// A classifier has no features; a request that does not say gets the manifest's number of classes.
absl::StatusOr<ClassifyOptions> CheckClassifyOptions(const v1::EmbedRequest& request,
                                                     const ClassifyConfig& config);

absl::Status CheckRequestId(std::string_view request_id);

}  // namespace omserve
