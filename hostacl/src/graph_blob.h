// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <openvino/openvino.hpp>
#include <string>

namespace hostacl {

// The graph part of a .om: either the bytes of an ONNX file, or what PackGraph writes. These are
// the engine's own intermediate form, which belongs to no processor: a mark, the topology, the
// constants at an offset of a multiple of 64. Reading it needs neither a parser of ONNX nor a
// rounding of weights, and the constants are used where they lie.

// Replaces every float constant by its fp16 neighbour. Together with inputs and outputs that are
// rounded by Session this is what fp16 means here; the sums in between stay fp32, as on the cards
// that accumulate in fp32.
void RoundWeights(const std::shared_ptr<ov::Model>& graph);

// OpenVINO's exceptions leave both. The graph is not changed.
std::string PackGraph(const std::shared_ptr<ov::Model>& graph);

// Reads either form; `rounds` says whether the weights of an ONNX file are to be rounded (a packed
// graph had its weights rounded by atc). Null and a message for a damaged packed graph.
std::shared_ptr<ov::Model> ReadGraph(ov::Core* core, const std::string& blob, bool rounds,
                                     std::string* problem);

}  // namespace hostacl
