// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "om_container.h"
#include "om_model.h"

namespace hostacl {

// The description part of a .om as JSON text: all of OmModel but graph, weights, digest.
//   name, soc, static_batch, work_size, weight_size, rounded_weights
//   precision: "fp16", "origin", "mixed_bfloat16" or "cube_fp16in_fp32out"
//   gears:   {"kind": "batch" | "image" | "dims", "values": [[416, 416], ...]}; absent: no gears
//   inputs, outputs: [{"name", "type", "format" (the numbers of acl_base.h), "dims",
//            "at": per gear the values of the -1 dims (absent where there are none),
//            "aipp": the picture's steps (absent without)}, ...]
std::string EncodeDescription(const OmModel& model);

// Reads EncodeDescription's text. 100016 when a field is missing or has an impossible value, 300000
// for more than 128 dims; otherwise the sizes of all tensors at all gears fit into memory's address
// range.
OmProblem DecodeDescription(std::string_view text, OmModel* model);

}  // namespace hostacl
