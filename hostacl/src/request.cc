// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "request.h"

#include <algorithm>
#include <cstring>

#include "data_type.h"
#include "half.h"

namespace hostacl {
namespace {

// What the engine's own tensors have; its kernels may count on it.
constexpr uintptr_t kAlignment = 64;

bool Aligned(const uint8_t* memory) {
  return reinterpret_cast<uintptr_t>(memory) % kAlignment == 0;
}

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

// Rounds `count` floats; `from` and `to` are the same or do not overlap.
void RoundFloats(const Rounding& rounding, const uint8_t* from, size_t count, uint8_t* to) {
  for (size_t k = 0; k < count; ++k) {
    float value = 0;
    std::memcpy(&value, from + k * sizeof value, sizeof value);
    value = rounding.Round(value);
    std::memcpy(to + k * sizeof value, &value, sizeof value);
  }
}

}  // namespace

Request::Request(const OmModel* model, size_t gear, ov::CompiledModel graph,
                 std::vector<size_t> passed)
    : model_(model),
      gear_(gear),
      rounding_(*model),
      passed_(std::move(passed)),
      request_(graph.create_infer_request()) {
  for (size_t i = 0; i < model->inputs.size(); ++i) {
    const OmTensor& input = model->inputs[i];
    Port& port = inputs_.emplace_back();
    port.own = request_.get_input_tensor(i);
    port.bytes = input.BytesAt(gear);
    port.plain = !input.aipp && !(rounding_.stage() && input.type == ACL_FLOAT) && port.bytes > 0 &&
                 port.own.get_byte_size() == port.bytes;
  }
  for (size_t i = 0; i < model->outputs.size(); ++i) {
    Port& port = outputs_.emplace_back();
    port.own = request_.get_output_tensor(i);
    port.bytes = model->outputs[i].BytesAt(gear);
    port.plain = graph.output(i).get_partial_shape().is_static() && port.bytes > 0 &&
                 port.own.get_byte_size() == port.bytes;
  }
  for (size_t i = 0; i < passed_.size(); ++i) {
    const Port& from = inputs_[passed_[i]];
    if (from.plain && outputs_[i].plain && from.bytes == outputs_[i].bytes) continue;
    passed_.clear();
  }
}

void Request::BindInput(size_t index, const uint8_t* memory) {
  Port& port = inputs_[index];
  if (port.caller == memory) return;
  // The engine takes no const memory, and does not write an input.
  request_.set_input_tensor(
      index, memory == nullptr ? port.own
                               : ov::Tensor(port.own.get_element_type(), port.own.get_shape(),
                                            const_cast<uint8_t*>(memory)));
  port.caller = memory;
}

void Request::BindOutput(size_t index, uint8_t* memory) {
  Port& port = outputs_[index];
  if (port.caller == memory) return;
  request_.set_output_tensor(index, memory == nullptr ? port.own
                                                      : ov::Tensor(port.own.get_element_type(),
                                                                   port.own.get_shape(), memory));
  port.caller = memory;
}

bool Request::WriteInput(size_t index, const uint8_t* from, std::string* problem) {
  const OmTensor& input = model_->inputs[index];
  ov::Tensor& to = inputs_[index].own;
  size_t elements = 1;
  for (const int64_t dim : input.GraphDimsAt(gear_)) elements *= static_cast<size_t>(dim);
  const aclDataType type = input.aipp ? input.aipp->type : input.type;
  if (to.get_byte_size() != elements * DataTypeSize(type)) {
    *problem = "input " + input.name + " has another size in the graph";
    return false;
  }
  if (input.aipp) {
    WritePicture(input, rounding_, gear_, from, &to);
  } else if (rounding_.stage() && type == ACL_FLOAT) {
    RoundFloats(rounding_, from, elements, static_cast<uint8_t*>(to.data()));
  } else {
    std::memcpy(to.data(), from, to.get_byte_size());
  }
  return true;
}

bool Request::ReadOutput(size_t index, uint8_t* to, std::string* problem) {
  const OmTensor& output = model_->outputs[index];
  const Port& port = outputs_[index];
  // A tensor without fixed dims may be another one after each run.
  const ov::Tensor from = port.caller != nullptr ? port.own : request_.get_output_tensor(index);
  const bool is_float = from.get_element_type() == ov::element::f32;
  const size_t elements = from.get_size();
  if (port.caller != nullptr) {
    if (is_float && rounding_.stage()) RoundFloats(rounding_, to, elements, to);
  } else if (is_float && output.type == ACL_FLOAT16 && elements * 2 == port.bytes) {
    const float* values = from.data<const float>();
    for (size_t k = 0; k < elements; ++k) {
      const uint16_t half = FloatToHalf(rounding_.stage() ? rounding_.Round(values[k]) : values[k]);
      std::memcpy(to + k * sizeof half, &half, sizeof half);
    }
  } else if (from.get_byte_size() != port.bytes) {
    *problem = "output " + output.name + " has another size in the graph";
    return false;
  } else if (is_float && rounding_.stage()) {
    RoundFloats(rounding_, static_cast<const uint8_t*>(from.data()), elements, to);
  } else {
    std::memcpy(to, from.data(), port.bytes);
  }
  return true;
}

bool Request::Overlaps(size_t index, const uint8_t* memory,
                       const std::vector<const uint8_t*>& inputs) const {
  const auto first = reinterpret_cast<uintptr_t>(memory);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto other = reinterpret_cast<uintptr_t>(inputs[i]);
    if (first < other + inputs_[i].bytes && other < first + outputs_[index].bytes) return true;
  }
  return false;
}

bool Request::PassOn(const std::vector<const uint8_t*>& inputs,
                     const std::vector<uint8_t*>& outputs) {
  if (passed_.empty()) return false;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (Overlaps(i, outputs[i], inputs)) return false;
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::memcpy(outputs[i], inputs[passed_[i]], outputs_[i].bytes);
  }
  return true;
}

bool Request::Run(const std::vector<const uint8_t*>& inputs, const std::vector<uint8_t*>& outputs,
                  std::string* problem) {
  if (PassOn(inputs, outputs)) return true;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const bool direct = inputs_[i].binds() && Aligned(inputs[i]);
    BindInput(i, direct ? inputs[i] : nullptr);
    if (!direct && !WriteInput(i, inputs[i], problem)) return false;
  }
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const bool direct =
        outputs_[i].binds() && Aligned(outputs[i]) && !Overlaps(i, outputs[i], inputs);
    BindOutput(i, direct ? outputs[i] : nullptr);
  }
  request_.infer();
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (!ReadOutput(i, outputs[i], problem)) return false;
  }
  return true;
}

}  // namespace hostacl
