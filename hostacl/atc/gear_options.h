// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "om_model.h"

namespace hostacl {

// The three options that ask for gears; one at most may be given. A value.
struct GearOptions {
  GearKind kind = GearKind::kNone;
  std::string option;                        // its name, for messages: "--dynamic_dims"
  std::vector<std::vector<uint64_t>> gears;  // batches ascend, the others keep their order
};

// Reads one of dynamic_batch_size ("1,2,4"), dynamic_image_size ("416,416;832,832", height first)
// and dynamic_dims ("1,200;2,200"). False and a message that names the option and the gear: no 2
// to 100 gears, a value below 1, a gear twice or of another length, or a second of these options.
bool ParseGears(const std::string& name, const std::string& value, GearOptions* gears,
                std::string* problem);

// Fits the gears to the inputs' shapes, in which -1 is what a gear decides, and without gears what
// stays open until run time: fills `om`'s kind and
// gears, and `at` of each input. `order` has the names of the inputs in the order of
// --input_shape; the others follow in the model's order. False and a message.
bool ApplyGears(const GearOptions& gears, const std::vector<std::string>& order,
                const std::string& input_format, OmModel* om, std::string* problem);

}  // namespace hostacl
