// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "onnx_file.h"

namespace hostacl {

// Checks that every data file that the ONNX file at `path` names lies in its folder or below,
// through no link that leads out of it, and is long enough. False and a message that names the
// file and the tensor in `problem`.
bool CheckExternalData(const std::string& path, const OnnxFile& file, std::string* problem);

}  // namespace hostacl
