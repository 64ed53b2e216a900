// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "graphs.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <openvino/op/constant.hpp>
#include <stdexcept>
#include <stop_token>
#include <utility>

#include "half.h"

namespace hostacl {
namespace {

// Never destroyed: the engine's own threads outlive static destruction.
ov::Core& Core() {
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
  setenv("TBB_ENABLE_SANITIZERS", "1", 1);  // its plug-in is loaded in a way that they accept
#endif
  static ov::Core* const core = new ov::Core();
  return *core;
}

// Replaces every float constant by its fp16 neighbour. Together with inputs and outputs that are
// rounded by Session this is what fp16 means here; the sums in between stay fp32, as on the cards
// that accumulate in fp32.
void RoundWeights(const std::shared_ptr<ov::Model>& graph) {
  for (const auto& node : graph->get_ordered_ops()) {
    const auto constant = std::dynamic_pointer_cast<ov::op::v0::Constant>(node);
    if (constant == nullptr || constant->get_element_type() != ov::element::f32) continue;
    const float* from = constant->get_data_ptr<float>();
    ov::Tensor values(ov::element::f32, constant->get_shape());
    std::transform(from, from + values.get_size(), values.data<float>(), RoundToHalf);
    const auto rounded = std::make_shared<ov::op::v0::Constant>(values);
    rounded->set_friendly_name(constant->get_friendly_name());
    ov::replace_node(constant, rounded);
  }
}

}  // namespace

Engine::Graphs::Graphs(const OmModel& model, const std::string& graph)
    : gears_(model.gear_count()), graph_(Core().read_model(graph, ov::Tensor())) {
  if (graph_->inputs().size() != model.inputs.size() ||
      graph_->outputs().size() != model.outputs.size()) {
    throw std::runtime_error("the graph has other inputs or outputs than the description");
  }
  if (model.half_precision) RoundWeights(graph_);
  for (size_t gear = 0; gear < gears_; ++gear) {
    std::vector<std::vector<int64_t>>& dims = dims_.emplace_back();
    for (const OmTensor& input : model.inputs) dims.push_back(input.GraphDimsAt(gear));
  }
}

Engine::Graphs::~Graphs() = default;  // the thread is asked to stop and joined

ov::CompiledModel Engine::Graphs::At(size_t gear) {
  MutexLock lock(&mutex_);
  const auto found = compiled_.find(gear);
  if (found != compiled_.end()) return found->second;
  std::map<size_t, ov::PartialShape> shapes;
  for (size_t i = 0; i < dims_[gear].size(); ++i) {
    shapes[i] =
        ov::PartialShape(std::vector<ov::Dimension>(dims_[gear][i].begin(), dims_[gear][i].end()));
  }
  const std::shared_ptr<ov::Model> at_gear =
      compiled_.size() + 1 == gears_ ? graph_ : graph_->clone();
  at_gear->reshape(shapes);
  ov::CompiledModel compiled = Core().compile_model(
      at_gear, "CPU", ov::inference_num_threads(1), ov::num_streams(1),
      ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
      ov::hint::inference_precision(ov::element::f32), ov::hint::enable_cpu_pinning(false));
  compiled_.emplace(gear, compiled);
  if (compiled_.size() == gears_) graph_.reset();
  return compiled;
}

void Engine::Graphs::CompileInBackground() {
  background_ = std::jthread([this](const std::stop_token& stop) {
    for (size_t gear = 0; gear < gears_ && !stop.stop_requested(); ++gear) {
      try {
        At(gear);
      } catch (const std::exception&) {
        return;  // the first use of the gear meets it again, and reports it
      }
    }
  });
}

}  // namespace hostacl
