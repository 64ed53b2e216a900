// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "graphs.h"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <stop_token>
#include <string_view>
#include <utility>

#include "graph_source.h"

namespace hostacl {
namespace {

// Lets the background finish before the process takes the engine's libraries apart: exit may come
// while a graph is compiled. One instance, never destroyed. Thread-safe.
class ExitGuard {
 public:
  static ExitGuard& Get() {
    static ExitGuard& guard = *new ExitGuard();
    return guard;
  }
  // False once the process exits; a Leave must follow a true one.
  bool Enter() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    if (!closed_) ++inside_;
    return !closed_;
  }
  void Leave() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    --inside_;
    left_.NotifyAll();
  }

 private:
  static constexpr std::chrono::seconds kLongest{60};  // that a graph may take to compile

  ExitGuard() {
    std::atexit([] { Get().Close(); });
  }
  void Close() HOSTACL_EXCLUDES(mutex_) {
    const TimePoint deadline = Clock::now() + kLongest;
    MutexLock lock(&mutex_);
    closed_ = true;
    while (inside_ > 0 && left_.WaitUntil(&mutex_, deadline)) {
    }
  }

  Mutex mutex_;
  CondVar left_;
  bool closed_ HOSTACL_GUARDED_BY(mutex_) = false;
  int inside_ HOSTACL_GUARDED_BY(mutex_) = 0;
};

// By result, the parameter that it gives back as it is; empty when one is computed.
std::vector<size_t> PassedInputs(const ov::Model& graph) {
  std::vector<size_t> passed;
  for (const auto& result : graph.get_results()) {
    std::shared_ptr<ov::Node> node = result->get_input_node_shared_ptr(0);
    while (std::string_view(node->get_type_name()) == "Identity") {
      node = node->get_input_node_shared_ptr(0);
    }
    const auto parameter = std::dynamic_pointer_cast<ov::op::v0::Parameter>(node);
    if (parameter == nullptr) return {};
    passed.push_back(static_cast<size_t>(graph.get_parameter_index(parameter)));
  }
  return passed;
}

}  // namespace

ov::Core& EngineCore() {
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
  setenv("TBB_ENABLE_SANITIZERS", "1", 1);  // its plug-in is loaded in a way that they accept
#endif
  static ov::Core* const core = new ov::Core();
  return *core;
}

std::unique_ptr<Engine::Graphs> Engine::Graphs::Read(const OmModel& model, std::string* problem) {
  std::shared_ptr<ov::Model> graph = ReadGraph(EngineCore(), model);
  if (graph->inputs().size() != model.inputs.size() ||
      graph->outputs().size() != model.outputs.size()) {
    *problem = "the graph has other inputs or outputs than the description";
    return nullptr;
  }
  return std::make_unique<Graphs>(model, std::move(graph));
}

Engine::Graphs::Graphs(const OmModel& model, std::shared_ptr<ov::Model> graph)
    : gears_(model.gear_count()), passed_(PassedInputs(*graph)), graph_(std::move(graph)) {
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
  ov::CompiledModel compiled = EngineCore().compile_model(
      at_gear, "CPU", ov::inference_num_threads(1), ov::num_streams(1),
      ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
      ov::hint::inference_precision(ov::element::f32), ov::hint::enable_cpu_pinning(false));
  compiled_.emplace(gear, compiled);
  if (compiled_.size() == gears_) graph_.reset();
  changed_.NotifyAll();
  return compiled;
}

size_t Engine::Graphs::compiled() {
  MutexLock lock(&mutex_);
  return compiled_.size();
}

bool Engine::Graphs::WaitForAll(TimePoint deadline) {
  MutexLock lock(&mutex_);
  while (compiled_.size() < gears_) {
    if (!changed_.WaitUntil(&mutex_, deadline)) return compiled_.size() == gears_;
  }
  return true;
}

void Engine::Graphs::CompileInBackground() {
  ExitGuard::Get();
  background_ = std::jthread([this](const std::stop_token& stop) {
    for (size_t gear = 0; gear < gears_ && !stop.stop_requested(); ++gear) {
      if (!ExitGuard::Get().Enter()) return;
      bool good = true;
      try {
        At(gear);
      } catch (const std::exception&) {
        good = false;  // the first use of the gear meets it again, and reports it
      }
      ExitGuard::Get().Leave();
      if (!good) return;
    }
  });
}

}  // namespace hostacl
