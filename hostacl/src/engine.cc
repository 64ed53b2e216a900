// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <openvino/openvino.hpp>
#include <utility>

#include "graph_source.h"
#include "half.h"
#include "mutex.h"

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

ov::PartialShape ShapeAt(const OmTensor& tensor, uint64_t batch) {
  std::vector<ov::Dimension> dims;
  for (const int64_t dim : tensor.DimsAt(batch)) dims.emplace_back(dim);
  return ov::PartialShape(dims);
}

std::vector<uint64_t> BatchesOf(const OmModel& model) {
  return model.gears.empty() ? std::vector<uint64_t>{model.static_batch} : model.gears;
}

}  // namespace

struct Engine::Graphs {
  std::map<uint64_t, ov::CompiledModel> by_batch;
};

struct Session::Requests {
  std::map<uint64_t, ov::InferRequest> by_batch;
};

Engine::Engine(std::unique_ptr<Graphs> graphs) : graphs_(std::move(graphs)) {}
Engine::~Engine() = default;

std::shared_ptr<Engine> Engine::Obtain(const OmModel& model, int device, std::string* problem) {
  static Mutex& mutex = *new Mutex();
  static auto& live = *new std::map<std::pair<int, Digest>, std::weak_ptr<Engine>>();
  MutexLock lock(&mutex);
  std::weak_ptr<Engine>& slot = live[{device, model.digest}];
  if (std::shared_ptr<Engine> engine = slot.lock()) return engine;
  try {
    const std::shared_ptr<ov::Model> graph = ReadGraph(Core(), model);
    if (graph->inputs().size() != model.inputs.size() ||
        graph->outputs().size() != model.outputs.size()) {
      *problem = "the graph has other inputs or outputs than the description";
      return nullptr;
    }
    auto graphs = std::make_unique<Graphs>();
    for (const uint64_t batch : BatchesOf(model)) {
      std::map<size_t, ov::PartialShape> shapes;
      for (size_t i = 0; i < model.inputs.size(); ++i) {
        shapes[i] = ShapeAt(model.inputs[i], batch);
      }
      const std::shared_ptr<ov::Model> at_batch = graph->clone();
      at_batch->reshape(shapes);
      graphs->by_batch[batch] = Core().compile_model(
          at_batch, "CPU", ov::inference_num_threads(1), ov::num_streams(1),
          ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
          ov::hint::inference_precision(ov::element::f32), ov::hint::enable_cpu_pinning(false));
    }
    std::shared_ptr<Engine> engine(new Engine(std::move(graphs)));
    slot = engine;
    return engine;
  } catch (const std::exception& error) {
    *problem = error.what();
    return nullptr;
  }
}

Session::Session(const OmModel* model, std::shared_ptr<Engine> engine)
    : model_(model), engine_(std::move(engine)), requests_(std::make_unique<Requests>()) {}
Session::~Session() = default;

bool Session::Run(uint64_t batch, const std::vector<const uint8_t*>& inputs,
                  std::vector<std::vector<uint8_t>>* outputs, std::string* problem) {
  try {
    auto request = requests_->by_batch.find(batch);
    if (request == requests_->by_batch.end()) {
      ov::CompiledModel& graph = engine_->graphs_->by_batch.at(batch);
      request = requests_->by_batch.emplace(batch, graph.create_infer_request()).first;
    }
    ov::InferRequest& infer = request->second;
    const Rounding rounding(*model_);
    for (size_t i = 0; i < inputs.size(); ++i) {
      ov::Tensor tensor = infer.get_input_tensor(i);
      const size_t bytes = tensor.get_byte_size();
      if (bytes != model_->inputs[i].BytesAt(batch)) {
        *problem = "input " + model_->inputs[i].name + " has another size in the graph";
        return false;
      }
      if (rounding.stage() && model_->inputs[i].type == ACL_FLOAT) {
        float* to = tensor.data<float>();
        for (size_t k = 0; k < bytes / sizeof(float); ++k) {
          float value = 0;
          std::memcpy(&value, inputs[i] + k * sizeof value, sizeof value);
          to[k] = rounding.Round(value);
        }
      } else {
        std::memcpy(tensor.data(), inputs[i], bytes);
      }
    }
    infer.infer();
    outputs->resize(model_->outputs.size());
    for (size_t i = 0; i < outputs->size(); ++i) {
      const ov::Tensor tensor = infer.get_output_tensor(i);
      const OmTensor& expected = model_->outputs[i];
      std::vector<uint8_t>& bytes = (*outputs)[i];
      bytes.resize(expected.BytesAt(batch));
      const bool is_float = tensor.get_element_type() == ov::element::f32;
      const size_t elements = tensor.get_size();
      if (is_float && expected.type == ACL_FLOAT16 && elements * 2 == bytes.size()) {
        const float* from = tensor.data<const float>();
        for (size_t k = 0; k < elements; ++k) {
          const uint16_t half = FloatToHalf(rounding.stage() ? rounding.Round(from[k]) : from[k]);
          std::memcpy(bytes.data() + k * sizeof half, &half, sizeof half);
        }
      } else if (tensor.get_byte_size() != bytes.size()) {
        *problem = "output " + expected.name + " has another size in the graph";
        return false;
      } else if (is_float && rounding.stage()) {
        const float* from = tensor.data<const float>();
        for (size_t k = 0; k < elements; ++k) {
          const float value = rounding.Round(from[k]);
          std::memcpy(bytes.data() + k * sizeof value, &value, sizeof value);
        }
      } else {
        std::memcpy(bytes.data(), tensor.data(), bytes.size());
      }
    }
    return true;
  } catch (const std::exception& error) {
    *problem = error.what();
    return false;
  }
}

}  // namespace hostacl
