// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "omserve/v1/vision.pb.h"
#include "server/service/kserve/infer_parameters.h"
#include "server/service/kserve/infer_request.h"

namespace omserve::kserve {

// The pictures of the input 'image', the only one of a pipeline:
//   BYTES [n] (or [1,n])    encoded pictures
//   UINT8 [height,width,3]  one picture of raw pixels; parameter color_order: rgb (default) or bgr
// INVALID_ARGUMENT, beginning with the field, also for more than 'most' of them or for none.
absl::StatusOr<std::vector<v1::Image>> ReadImages(const InferRequest& request,
                                                  ParameterReader& parameters, int most);

}  // namespace omserve::kserve
