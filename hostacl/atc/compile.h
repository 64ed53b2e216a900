// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "om_file.h"
#include "onnx_file.h"
#include "options.h"

namespace ov {
class Model;
}  // namespace ov

namespace hostacl {

// Reads the ONNX file, of which `file` is the description, and works out what the .om says, all
// but its graph and weights. False and a message that names node and operator in `problem`.
bool Compile(const AtcOptions& options, const OnnxFile& file, OmModel* om,
             std::shared_ptr<ov::Model>* graph, std::string* problem);

// Writes the .om file with this graph. `size` gets its bytes. False and a message in `problem`;
// then there is no file, and one that was there before is untouched.
bool WriteOm(const std::string& path, OmModel* om, const std::shared_ptr<ov::Model>& graph,
             uint64_t* size, std::string* problem);

}  // namespace hostacl
