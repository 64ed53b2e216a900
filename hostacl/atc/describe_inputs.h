// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <openvino/openvino.hpp>
#include <string>
#include <vector>

#include "options.h"

namespace hostacl {

// The type of the interface for one of the engine. Throws std::runtime_error where there is none.
aclDataType TypeOf(const ov::element::Type& type);

// The dims of `shape`, of the tensor `name`. With `open` a dim may depend on the inputs' shapes,
// and is -1 then; without, and where the number of dims is not known, throws std::runtime_error.
std::vector<int64_t> DimsOf(const ov::PartialShape& shape, const std::string& name,
                            bool open = false);

// Fills the inputs of `om`, their gears and pictures, from the graph and the options. Throws
// std::runtime_error with a message for the user.
void DescribeInputs(const AtcOptions& options, const std::shared_ptr<ov::Model>& graph,
                    OmModel* om);

}  // namespace hostacl
