// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "graph_edits.h"

#include <algorithm>
#include <fstream>
#include <openvino/op/convert.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <sstream>

namespace hostacl {
namespace {

// The ONNX tensor behind "node:port".
bool TensorOf(const NodeOutput& output, const OnnxFile& file, const char* option,
              std::string* tensor, std::string* problem) {
  const OnnxNode* node = file.FindNode(output.node);
  if (node == nullptr) {
    *problem = std::string(option) + ": the graph has no node " + output.node;
    return false;
  }
  if (output.port >= node->outputs.size()) {
    *problem = std::string(option) + ": node " + output.node + " (" + node->op + ") has " +
               std::to_string(node->outputs.size()) + " outputs, none with index " +
               std::to_string(output.port);
    return false;
  }
  *tensor = node->outputs[output.port];
  return true;
}

// The nodes of an operator: "Foo (nodes a, b)".
std::string WithNodes(const std::string& op, const OnnxFile& file) {
  const auto nodes = file.NodesOf(op);
  if (nodes.empty()) return op;
  std::string text = op + (nodes.size() == 1 ? " (node " : " (nodes ");
  for (size_t i = 0; i < nodes.size() && i < 3; ++i) {
    text += (i == 0 ? "" : ", ") + nodes[i]->Label();
  }
  return text + (nodes.size() > 3 ? ", ...)" : ")");
}

// The text behind `mark` up to one of `ends`; empty without the mark.
std::string Behind(const std::string& text, const std::string& mark, const char* ends) {
  const size_t at = text.find(mark);
  if (at == std::string::npos) return "";
  const size_t begin = at + mark.size();
  return text.substr(begin, text.find_first_of(ends, begin) - begin);
}

// "ai.onnx.Foo-13" or "Foo" to "Foo".
std::string OperatorName(std::string text) {
  text.erase(0, text.find_first_not_of(" \t"));
  text.resize(std::min(text.find_first_of(" -,"), text.size()));
  const size_t dot = text.rfind('.');
  return dot == std::string::npos ? text : text.substr(dot + 1);
}

// The node that gives `tensor`, or has this name.
const OnnxNode* NodeOf(const std::string& name, const OnnxFile& file) {
  for (const OnnxNode& node : file.nodes) {
    if (node.name == name) return &node;
    if (std::find(node.outputs.begin(), node.outputs.end(), name) != node.outputs.end()) {
      return &node;
    }
  }
  return nullptr;
}

}  // namespace

bool SelectOutputs(const AtcOptions& options, const OnnxFile& file,
                   const std::shared_ptr<ov::Model>& graph, std::string* problem) {
  if (options.out_nodes.empty()) return true;
  const ov::ResultVector old = graph->get_results();
  for (const NodeOutput& output : options.out_nodes) {
    std::string tensor;
    if (!TensorOf(output, file, "--out_nodes", &tensor, problem)) return false;
    ov::Output<ov::Node> found;
    for (const auto& node : graph->get_ordered_ops()) {
      for (const auto& candidate : node->outputs()) {
        if (candidate.get_names().count(tensor) > 0) found = candidate;
      }
    }
    if (found.get_node() == nullptr) {
      *problem = "--out_nodes: " + output.node + ":" + std::to_string(output.port) +
                 " does not lead to an output of the file, or is a part of a subgraph";
      return false;
    }
    graph->add_results({std::make_shared<ov::op::v0::Result>(found)});
  }
  for (const auto& result : old) graph->remove_result(result);
  graph->validate_nodes_and_infer_types();
  return true;
}

bool TakeHalfInputs(const AtcOptions& options, const std::shared_ptr<ov::Model>& graph,
                    std::string* problem) {
  for (const std::string& name : options.half_inputs) {
    const ov::ParameterVector parameters = graph->get_parameters();
    const auto found = std::find_if(
        parameters.begin(), parameters.end(),
        [&](const auto& parameter) { return parameter->output(0).get_names().count(name) > 0; });
    if (found == parameters.end() || (*found)->get_element_type() != ov::element::f32) {
      *problem = "--input_fp16_nodes: " + name +
                 (found == parameters.end() ? " is no input" : " is no fp32 input");
      return false;
    }
    const auto consumers = (*found)->output(0).get_target_inputs();
    (*found)->set_element_type(ov::element::f16);
    (*found)->validate_and_infer_types();
    const auto convert = std::make_shared<ov::op::v0::Convert>(*found, ov::element::f32);
    for (auto consumer : consumers) consumer.replace_source_output(convert);
    graph->validate_nodes_and_infer_types();
  }
  return true;
}

bool SetOutputTypes(const AtcOptions& options, const OnnxFile& file, OmModel* om,
                    std::string* problem) {
  for (const auto& [output, half] : options.output_halves) {
    std::string tensor;
    if (!TensorOf(output, file, "--output_type", &tensor, problem)) return false;
    const auto found =
        std::find_if(om->outputs.begin(), om->outputs.end(),
                     [&](const OmTensor& each) { return each.name.ends_with(":" + tensor); });
    if (found == om->outputs.end()) {
      *problem = "--output_type: " + output.node + ":" + std::to_string(output.port) +
                 " is no output of the model";
      return false;
    }
    if (found->type == ACL_FLOAT && half) found->type = ACL_FLOAT16;
  }
  return true;
}

bool KeptTensors(const AtcOptions& options, const OnnxFile& file, std::set<std::string>* tensors,
                 std::string* problem) {
  if (options.keep_dtype.empty()) return true;
  std::ifstream list(options.keep_dtype);
  if (!list) {
    *problem = "--keep_dtype: cannot read " + options.keep_dtype;
    return false;
  }
  std::string name;
  while (std::getline(list, name)) {
    while (!name.empty() && (name.back() == '\r' || name.back() == ' ')) name.pop_back();
    if (name.empty()) continue;
    const OnnxNode* node = file.FindNode(name);
    if (node == nullptr) {
      *problem = "--keep_dtype: " + options.keep_dtype + " names " + name +
                 ", which is no node of the graph";
      return false;
    }
    tensors->insert(node->outputs.begin(), node->outputs.end());
  }
  return true;
}

std::string EngineMessage(const std::string& what, const OnnxFile& file) {
  std::string unsupported = Behind(what, "does not support the following ONNX operations: ", "\n");
  if (unsupported.empty()) {
    unsupported = Behind(what, "No conversion rule found for operations: ", "\n");
  }
  if (!unsupported.empty()) {
    std::string text;
    std::istringstream names(unsupported);
    std::string name;
    while (std::getline(names, name, ',')) {
      text += (text.empty() ? "" : ", ") + WithNodes(OperatorName(name), file);
    }
    return "no support for the operator " + text;
  }
  // The last line that says something beside where in the engine it was said.
  std::string reason;
  std::istringstream lines(what);
  std::string line;
  while (std::getline(lines, line)) {
    const bool place = line.find("Exception from") != std::string::npos ||
                       line.find("' failed at ") != std::string::npos ||
                       line.find("While validating") != std::string::npos ||
                       line.find("FrontEnd API failed") != std::string::npos ||
                       line.starts_with("-- ") || line.empty();
    if (!place) reason = line;
  }
  // "Conversion is failed for: Add-13": the node cannot take its inputs.
  const std::string failed = Behind(what, "Conversion is failed for: ", "\n");
  if (!failed.empty()) {
    if (reason.empty()) reason = "its inputs or attributes do not fit the operator";
    const std::string op = OperatorName(failed);
    const auto nodes = file.NodesOf(op);
    if (nodes.size() == 1) return "node " + nodes[0]->Label() + " (" + op + "): " + reason;
    return "operator " + WithNodes(op, file) + ": " + reason;
  }
  if (reason.empty()) reason = what;
  std::string name = Behind(what, "friendly_name '", "'");
  if (name.empty()) name = Behind(what, "ONNX Node: ", "\n ");
  const OnnxNode* node = name.empty() ? nullptr : NodeOf(name, file);
  if (node == nullptr) return reason;
  return "node " + node->Label() + " (" + node->op + "): " + reason;
}

}  // namespace hostacl
