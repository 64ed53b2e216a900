// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "graph_source.h"

#include <algorithm>
#include <cstdint>
#include <openvino/op/ops.hpp>

namespace hostacl {
namespace {

// Rounds every element of a float tensor. The engine runs it by Evaluate, as any node that is not
// its own.
class RoundNode : public ov::op::Op {
 public:
  OPENVINO_OP("HostaclRound");
  RoundNode(const ov::Output<ov::Node>& input, const Rounding& rounding)
      : Op({input}), rounding_(rounding) {
    constructor_validate_and_infer_types();
  }
  void validate_and_infer_types() override {
    set_output_type(0, get_input_element_type(0), get_input_partial_shape(0));
  }
  std::shared_ptr<ov::Node> clone_with_new_inputs(const ov::OutputVector& inputs) const override {
    return std::make_shared<RoundNode>(inputs.at(0), rounding_);
  }
  bool visit_attributes(ov::AttributeVisitor&) override { return true; }
  bool has_evaluate() const override { return true; }
  bool evaluate(ov::TensorVector& outputs, const ov::TensorVector& inputs) const override {
    outputs[0].set_shape(inputs[0].get_shape());
    const float* from = inputs[0].data<const float>();
    std::transform(from, from + inputs[0].get_size(), outputs[0].data<float>(),
                   [this](float value) { return rounding_.Round(value); });
    return true;
  }

 private:
  const Rounding rounding_;
};

// True when the constant goes only to inputs that are sizes, scales or thresholds.
bool IsParameter(const ov::op::v0::Constant& constant) {
  const auto consumers = constant.output(0).get_target_inputs();
  return !consumers.empty() &&
         std::all_of(consumers.begin(), consumers.end(), [](const ov::Input<ov::Node>& input) {
           const std::string type = input.get_node()->get_type_info().name;
           return type == "Range" || (input.get_index() >= 1 && type == "Interpolate") ||
                  (input.get_index() >= 2 && type.starts_with("NonMaxSuppression"));
         });
}

// True when the constant goes to a node that gives one of these tensors.
bool IsKept(const ov::op::v0::Constant& constant, const std::set<std::string>& kept) {
  const auto consumers = constant.output(0).get_target_inputs();
  return !kept.empty() &&
         std::any_of(consumers.begin(), consumers.end(), [&](const ov::Input<ov::Node>& input) {
           for (const auto& output : input.get_node()->outputs()) {
             for (const std::string& name : output.get_names()) {
               if (kept.count(name) > 0) return true;
             }
           }
           return false;
         });
}

bool IsCube(const ov::Node& node) {
  return ov::is_type<ov::op::v0::MatMul>(&node) || ov::is_type<ov::op::v1::Convolution>(&node) ||
         ov::is_type<ov::op::v1::GroupConvolution>(&node) ||
         ov::is_type<ov::op::v1::ConvolutionBackpropData>(&node) ||
         ov::is_type<ov::op::v1::GroupConvolutionBackpropData>(&node);
}

}  // namespace

std::shared_ptr<ov::Model> ReadGraph(ov::Core& core, const OmModel& model) {
  ov::Tensor weights;
  if (!model.weights.bytes.empty()) {
    // The engine only reads constants; its interface has no const tensor of this kind.
    auto* bytes = const_cast<char*>(model.weights.bytes.data());
    const ov::Tensor view(ov::element::u8, {model.weights.bytes.size()}, bytes);
    weights = ov::Tensor(view, std::const_pointer_cast<void>(model.weights.owner));
  }
  std::shared_ptr<ov::Model> graph = core.read_model(model.graph, weights);
  const Rounding rounding(model);
  if (rounding.stage() && !model.rounded_weights) RoundWeights(graph, rounding);
  if (rounding.cube()) RoundCubeInputs(graph, rounding);
  return graph;
}

void RoundWeights(const std::shared_ptr<ov::Model>& graph, const Rounding& rounding,
                  const std::set<std::string>& kept) {
  auto nodes = graph->get_ordered_ops();
  for (auto& node : nodes) {
    const auto constant = std::dynamic_pointer_cast<ov::op::v0::Constant>(node);
    node.reset();
    if (constant == nullptr || constant->get_element_type() != ov::element::f32) continue;
    if (IsParameter(*constant) || IsKept(*constant, kept)) continue;
    ov::Tensor rounded(ov::element::f32, constant->get_shape());
    const float* from = constant->get_data_ptr<float>();
    std::transform(from, from + rounded.get_size(), rounded.data<float>(),
                   [&rounding](float value) { return rounding.Round(value); });
    const auto replacement = std::make_shared<ov::op::v0::Constant>(rounded);
    replacement->set_friendly_name(constant->get_friendly_name());
    ov::replace_node(constant, replacement);
  }
}

void RoundCubeInputs(const std::shared_ptr<ov::Model>& graph, const Rounding& rounding) {
  for (const auto& node : graph->get_ordered_ops()) {
    if (!IsCube(*node)) continue;
    for (size_t i = 0; i < 2; ++i) {
      const ov::Output<ov::Node> source = node->input_value(i);
      if (source.get_element_type() != ov::element::f32) continue;
      node->input(i).replace_source_output(std::make_shared<RoundNode>(source, rounding));
    }
  }
  graph->validate_nodes_and_infer_types();
}

}  // namespace hostacl
