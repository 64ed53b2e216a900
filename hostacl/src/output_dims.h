// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "om_model.h"

namespace hostacl {

// Gives the outputs of `model` the dims that follow from those of its inputs, none of which is
// open. `model` has its graph. False and a message in `problem`: the graph takes no such inputs, or
// an output's shape depends on the data. Thread-safe.
bool InferOutputDims(OmModel* model, std::string* problem);

}  // namespace hostacl
