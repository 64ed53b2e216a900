// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "om_file.h"
#include "options.h"

namespace hostacl {

// Reads the ONNX file and works out what the .om says. False and a message in `problem`.
bool Compile(const AtcOptions& options, OmModel* om, std::string* problem);

}  // namespace hostacl
