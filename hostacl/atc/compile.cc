// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "compile.h"

#include <algorithm>
#include <filesystem>
#include <openvino/op/constant.hpp>
#include <openvino/openvino.hpp>
#include <openvino/pass/serialize.hpp>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "data_type.h"
#include "external_data.h"
#include "graph_edits.h"
#include "graph_source.h"
#include "om_writer.h"

namespace hostacl {
namespace {

aclDataType TypeOf(const ov::element::Type& type) {
  if (type == ov::element::f32) return ACL_FLOAT;
  if (type == ov::element::f16) return ACL_FLOAT16;
  if (type == ov::element::i8) return ACL_INT8;
  if (type == ov::element::i16) return ACL_INT16;
  if (type == ov::element::i32) return ACL_INT32;
  if (type == ov::element::i64) return ACL_INT64;
  if (type == ov::element::u8) return ACL_UINT8;
  if (type == ov::element::boolean) return ACL_BOOL;
  if (type == ov::element::f64) return ACL_DOUBLE;
  throw std::runtime_error("element type " + type.get_type_name() + " is not supported");
}

std::vector<int64_t> DimsOf(const ov::PartialShape& shape, const std::string& name) {
  std::vector<int64_t> dims;
  for (const ov::Dimension& dim : shape) {
    if (dim.is_dynamic()) throw std::runtime_error(name + " has a shape that depends on data");
    dims.push_back(dim.get_length());
  }
  return dims;
}

// Sets every input's shape at `batch`.
void ReshapeTo(const std::shared_ptr<ov::Model>& graph, const OmModel& om, uint64_t batch) {
  std::map<size_t, ov::PartialShape> shapes;
  for (size_t i = 0; i < om.inputs.size(); ++i) {
    std::vector<ov::Dimension> dims;
    for (const int64_t dim : om.inputs[i].DimsAt(batch)) dims.emplace_back(dim);
    shapes[i] = ov::PartialShape(dims);
  }
  graph->reshape(shapes);
}

void DescribeInputs(const AtcOptions& options, const std::shared_ptr<ov::Model>& graph,
                    OmModel* om) {
  std::set<std::string> unused;
  for (const auto& [name, dims] : options.input_shapes) unused.insert(name);
  bool batched = false;
  for (const auto& input : graph->inputs()) {
    OmTensor tensor;
    tensor.name = input.get_any_name();
    tensor.type = TypeOf(input.get_element_type());
    tensor.format = options.input_format == "NCHW" && input.get_partial_shape().size() == 4
                        ? ACL_FORMAT_NCHW
                        : ACL_FORMAT_ND;
    const auto given = options.input_shapes.find(tensor.name);
    if (given != options.input_shapes.end()) {
      tensor.dims = given->second;
      unused.erase(tensor.name);
    } else if (input.get_partial_shape().is_static()) {
      tensor.dims = DimsOf(input.get_partial_shape(), tensor.name);
    } else {
      throw std::runtime_error("input " + tensor.name + " has shape " +
                               input.get_partial_shape().to_string() + ": give --input_shape");
    }
    batched = batched || tensor.batched();
    om->inputs.push_back(tensor);
  }
  if (!unused.empty()) {
    throw std::runtime_error("--input_shape names " + *unused.begin() + ", which is no input");
  }
  if (batched && options.gears.empty()) {
    throw std::runtime_error("an input has a batch of -1: give --dynamic_batch_size");
  }
  if (!batched && !options.gears.empty()) {
    throw std::runtime_error("--dynamic_batch_size needs an input with a batch of -1");
  }
  if (!batched && !om->inputs.empty() && !om->inputs[0].dims.empty()) {
    om->static_batch = static_cast<uint64_t>(om->inputs[0].dims[0]);
  }
}

// Describes the outputs at the first batch, and finds in the others which of them grow with it.
void DescribeOutputs(const AtcOptions& options, const std::shared_ptr<ov::Model>& graph,
                     OmModel* om) {
  std::vector<uint64_t> batches = om->gears;
  if (batches.empty()) batches.push_back(om->static_batch);
  for (const uint64_t batch : batches) {
    const std::shared_ptr<ov::Model> at_batch = graph->clone();
    ReshapeTo(at_batch, *om, batch);
    for (size_t i = 0; i < at_batch->outputs().size(); ++i) {
      const auto output = at_batch->output(i);
      const auto producer = output.get_node_shared_ptr()->input_value(0);
      // A card's compiler renames outputs to node:port:tensor; so do we.
      const std::string tensor_name =
          output.get_names().empty() ? std::to_string(i) : output.get_any_name();
      OmTensor tensor;
      tensor.name = producer.get_node()->get_friendly_name() + ":" +
                    std::to_string(producer.get_index()) + ":" + tensor_name;
      tensor.type = TypeOf(output.get_element_type());
      if (options.half_output && tensor.type == ACL_FLOAT) tensor.type = ACL_FLOAT16;
      tensor.dims = DimsOf(output.get_partial_shape(), "output " + tensor_name);
      if (batch == batches.front()) {
        om->outputs.push_back(tensor);
        continue;
      }
      OmTensor& first = om->outputs[i];
      if (first.batched()) first.dims[0] = static_cast<int64_t>(batches.front());
      if (tensor.dims == first.dims) continue;  // does not grow
      std::vector<int64_t> expected = first.dims;
      if (!expected.empty()) expected[0] = static_cast<int64_t>(batch);
      if (expected != tensor.dims || first.dims[0] != static_cast<int64_t>(batches.front())) {
        throw std::runtime_error("output " + tensor_name + " does not have the batch in front: " +
                                 output.get_partial_shape().to_string() + " at batch " +
                                 std::to_string(batch));
      }
      first.dims[0] = -1;
    }
  }
}

// Device memory as a card would take it: the constants, and twice the largest operation.
void EstimateMemory(const std::shared_ptr<ov::Model>& graph, OmModel* om) {
  const std::shared_ptr<ov::Model> largest = graph->clone();
  ReshapeTo(largest, *om, om->max_batch());
  size_t widest = 0;
  for (const auto& node : largest->get_ordered_ops()) {
    size_t bytes = 0;
    for (const auto& output : node->outputs()) {
      if (output.get_partial_shape().is_static()) {
        bytes += ov::shape_size(output.get_shape()) * output.get_element_type().size();
      }
    }
    if (ov::is_type<ov::op::v0::Constant>(node)) {
      om->weight_size += Rounding(*om).stage() ? bytes / 2 : bytes;
    } else {
      widest = std::max(widest, bytes);
    }
  }
  const auto round = [](size_t bytes) { return (bytes + 511) / 512 * 512 + 512; };
  om->weight_size = round(om->weight_size);
  om->work_size = round(2 * widest);
}

}  // namespace

bool Compile(const AtcOptions& options, const OnnxFile& file, OmModel* om,
             std::shared_ptr<ov::Model>* graph, std::string* problem) {
  if (!CheckExternalData(options.model, file, problem)) return false;
  om->name = std::filesystem::path(options.output).filename().string();
  if (om->name.ends_with(".om")) om->name.resize(om->name.size() - 3);
  om->soc = options.soc;
  om->precision = options.precision;
  om->gears = options.gears;
  try {
    ov::Core core;
    *graph = core.read_model(options.model);
    std::set<std::string> kept;
    if (!SelectOutputs(options, file, *graph, problem) ||
        !TakeHalfInputs(options, *graph, problem) || !KeptTensors(options, file, &kept, problem)) {
      return false;
    }
    DescribeInputs(options, *graph, om);
    DescribeOutputs(options, *graph, om);
    if (!SetOutputTypes(options, file, om, problem)) return false;
    EstimateMemory(*graph, om);
    const Rounding rounding(*om);
    if (rounding.stage()) RoundWeights(*graph, rounding, kept);
    om->rounded_weights = rounding.stage();
  } catch (const std::exception& error) {
    *problem = options.model + ": " + EngineMessage(error.what(), file);
    return false;
  }
  return true;
}

bool WriteOm(const std::string& path, OmModel* om, const std::shared_ptr<ov::Model>& graph,
             uint64_t* size, std::string* problem) {
  OmWriter writer(path);
  if (!writer.Open(problem)) return false;
  try {
    std::ostringstream text;
    ov::pass::Serialize(text, writer.weights()).run_on_model(graph);
    om->graph = std::move(text).str();
  } catch (const std::exception& error) {
    *problem = "cannot write " + path + ": " + error.what();
    return false;
  }
  return writer.Finish(*om, size, problem);
}

}  // namespace hostacl
