// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "om_model.h"

namespace hostacl {

// One aipp_op block of an --insert_op_conf file. A value.
struct AippBlock {
  int line = 0;            // where it begins
  int64_t input = 0;       // related_input_rank
  std::string input_name;  // related_input_name; empty: the rank counts
  Aipp steps;
  int64_t width = 0;  // src_image_size_*; zero: what the graph takes
  int64_t height = 0;
};

// Reads the text of such a file (protobuf text format). False and a message with the line and the
// field: unknown fields, wrong values, what this device does not do (dynamic AIPP, resize, raw).
bool ParseAippFile(const std::string& text, std::vector<AippBlock>* blocks, std::string* problem);

// Makes the inputs that the blocks name take pictures, and checks that these fit what the graph
// takes. REQUIRES: ApplyGears was called. False and a message with the line of the block.
bool ApplyAippBlocks(const std::vector<AippBlock>& blocks, const std::string& input_format,
                     OmModel* om, std::string* problem);

}  // namespace hostacl
