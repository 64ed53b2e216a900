// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <openvino/openvino.hpp>
#include <set>
#include <string>

#include "om_file.h"
#include "onnx_file.h"
#include "options.h"

namespace hostacl {

// What atc's options change in a graph that was read from ONNX. Each gives false and a message that
// names the option and the node in `problem`.

// --out_nodes: these outputs of nodes become the graph's outputs, in this order.
bool SelectOutputs(const AtcOptions& options, const OnnxFile& file,
                   const std::shared_ptr<ov::Model>& graph, std::string* problem);

// --input_fp16_nodes: these inputs take fp16.
bool TakeHalfInputs(const AtcOptions& options, const std::shared_ptr<ov::Model>& graph,
                    std::string* problem);

// --output_type with nodes: the types in the description.
bool SetOutputTypes(const AtcOptions& options, const OnnxFile& file, OmModel* om,
                    std::string* problem);

// --keep_dtype: the tensors that the named nodes give.
bool KeptTensors(const AtcOptions& options, const OnnxFile& file, std::set<std::string>* tensors,
                 std::string* problem);

// An engine's message as a user needs it: the node, its operator and the reason, without the
// engine's own source places.
std::string EngineMessage(const std::string& what, const OnnxFile& file);

}  // namespace hostacl
