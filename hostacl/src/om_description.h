// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "om_model.h"

namespace hostacl {

// The description part of a .om as JSON text: all of OmModel but the graph and the digest.
//   name, soc, precision ("fp16" or "origin"), static_batch, work_size, weight_size
//   gears:   {"kind": "batch" | "image" | "dims", "values": [[416, 416], ...]}; absent: no gears
//   inputs, outputs: [{"name", "type", "format" (the numbers of acl_base.h), "dims",
//            "at": per gear the values of the -1 dims (absent where there are none),
//            "aipp": the picture's steps (absent without)}, ...]
std::string EncodeDescription(const OmModel& model);

// Reads EncodeDescription's text. False when a field is missing or has an impossible value; the
// sizes of all tensors at all gears then fit into memory's address range.
bool DecodeDescription(std::string_view text, OmModel* model);

}  // namespace hostacl
