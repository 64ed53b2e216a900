// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <openvino/openvino.hpp>
#include <tuple>
#include <utility>

#include "data_type.h"
#include "graphs.h"
#include "half.h"
#include "mutex.h"
#include "rounding.h"

namespace hostacl {
namespace {

// What a load shares: the device, the content, and the memory that its weights take.
using Key = std::tuple<int, Digest, const void*>;

// The floats of AIPP for input `tensor`, rounded where the graph or the precision asks for it.
void WritePicture(const OmTensor& tensor, const Rounding& rounding, size_t gear,
                  const uint8_t* picture, ov::Tensor* to) {
  const OmAipp& aipp = *tensor.aipp;
  const std::vector<int64_t> dims = tensor.DimsAt(gear);
  const AippShape shape{.batch = dims[0],
                        .height = aipp.steps.HeightOf(dims[1]),
                        .width = dims[2],
                        .channels = aipp.channels,
                        .channels_first = aipp.channels_first};
  if (aipp.type == ACL_FLOAT16) {
    std::vector<float> values(to->get_size());
    ApplyAipp(aipp.steps, shape, picture, values.data());
    uint8_t* bytes = static_cast<uint8_t*>(to->data());
    for (size_t k = 0; k < values.size(); ++k) {
      const uint16_t value = FloatToHalf(values[k]);
      std::memcpy(bytes + k * sizeof value, &value, sizeof value);
    }
    return;
  }
  float* values = to->data<float>();
  ApplyAipp(aipp.steps, shape, picture, values);
  if (!rounding.stage()) return;
  std::transform(values, values + to->get_size(), values,
                 [&](float value) { return rounding.Round(value); });
}

bool WriteInput(const OmModel& model, const Rounding& rounding, size_t index, size_t gear,
                const uint8_t* from, ov::Tensor* to, std::string* problem) {
  const OmTensor& input = model.inputs[index];
  size_t elements = 1;
  for (const int64_t dim : input.GraphDimsAt(gear)) elements *= static_cast<size_t>(dim);
  const aclDataType type = input.aipp ? input.aipp->type : input.type;
  if (to->get_byte_size() != elements * DataTypeSize(type)) {
    *problem = "input " + input.name + " has another size in the graph";
    return false;
  }
  if (input.aipp) {
    WritePicture(input, rounding, gear, from, to);
  } else if (rounding.stage() && type == ACL_FLOAT) {
    float* values = to->data<float>();
    for (size_t k = 0; k < elements; ++k) {
      float value = 0;
      std::memcpy(&value, from + k * sizeof value, sizeof value);
      values[k] = rounding.Round(value);
    }
  } else {
    std::memcpy(to->data(), from, to->get_byte_size());
  }
  return true;
}

bool ReadOutput(const OmModel& model, const Rounding& rounding, size_t index, size_t gear,
                const ov::Tensor& from, std::vector<uint8_t>* to, std::string* problem) {
  const OmTensor& output = model.outputs[index];
  to->resize(output.BytesAt(gear));
  const bool is_float = from.get_element_type() == ov::element::f32;
  const size_t elements = from.get_size();
  if (is_float && output.type == ACL_FLOAT16 && elements * 2 == to->size()) {
    const float* values = from.data<const float>();
    for (size_t k = 0; k < elements; ++k) {
      const uint16_t half = FloatToHalf(rounding.stage() ? rounding.Round(values[k]) : values[k]);
      std::memcpy(to->data() + k * sizeof half, &half, sizeof half);
    }
  } else if (from.get_byte_size() != to->size()) {
    *problem = "output " + output.name + " has another size in the graph";
    return false;
  } else if (is_float && rounding.stage()) {
    const float* values = from.data<const float>();
    for (size_t k = 0; k < elements; ++k) {
      const float value = rounding.Round(values[k]);
      std::memcpy(to->data() + k * sizeof value, &value, sizeof value);
    }
  } else {
    std::memcpy(to->data(), from.data(), to->size());
  }
  return true;
}

}  // namespace

struct Session::Requests {
  std::map<size_t, ov::InferRequest> by_gear;
};

Engine::Engine(std::unique_ptr<Graphs> graphs) : graphs_(std::move(graphs)) {}
Engine::~Engine() = default;
size_t Engine::compiled_gears() const { return graphs_->compiled(); }
bool Engine::WaitForGears(TimePoint deadline) const { return graphs_->WaitForAll(deadline); }

std::shared_ptr<Engine> Engine::Obtain(const OmModel& model, int device, const void* weight,
                                       bool lazy, std::string* problem) {
  static Mutex& mutex = *new Mutex();
  static auto& live = *new std::map<Key, std::weak_ptr<Engine>>();
  MutexLock lock(&mutex);
  std::erase_if(live, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<Engine>& slot = live[{device, model.digest, weight}];
  if (std::shared_ptr<Engine> engine = slot.lock()) return engine;
  try {
    std::unique_ptr<Graphs> graphs = Graphs::Read(model, problem);
    if (graphs == nullptr) return nullptr;
    if (!lazy) {
      graphs->At(model.LargestGear());
      if (model.gear_count() > 1) graphs->CompileInBackground();
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

bool Session::Run(size_t gear, const std::vector<const uint8_t*>& inputs,
                  std::vector<std::vector<uint8_t>>* outputs, std::string* problem) {
  try {
    auto request = requests_->by_gear.find(gear);
    if (request == requests_->by_gear.end()) {
      ov::CompiledModel graph = engine_->graphs_->At(gear);
      request = requests_->by_gear.emplace(gear, graph.create_infer_request()).first;
    }
    ov::InferRequest& infer = request->second;
    const Rounding rounding(*model_);
    for (size_t i = 0; i < inputs.size(); ++i) {
      ov::Tensor tensor = infer.get_input_tensor(i);
      if (!WriteInput(*model_, rounding, i, gear, inputs[i], &tensor, problem)) return false;
    }
    infer.infer();
    outputs->resize(model_->outputs.size());
    for (size_t i = 0; i < outputs->size(); ++i) {
      const ov::Tensor tensor = infer.get_output_tensor(i);
      if (!ReadOutput(*model_, rounding, i, gear, tensor, &(*outputs)[i], problem)) return false;
    }
    return true;
  } catch (const std::exception& error) {
    *problem = error.what();
    return false;
  }
}

}  // namespace hostacl
