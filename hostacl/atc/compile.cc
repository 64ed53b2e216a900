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

#include "describe_inputs.h"
#include "external_data.h"
#include "graph_edits.h"
#include "graph_source.h"
#include "om_writer.h"

namespace hostacl {
namespace {

// Sets every input's shape at `gear`.
void ReshapeTo(const std::shared_ptr<ov::Model>& graph, const OmModel& om, size_t gear) {
  std::map<size_t, ov::PartialShape> shapes;
  for (size_t i = 0; i < om.inputs.size(); ++i) {
    const std::vector<int64_t> dims = om.inputs[i].GraphDimsAt(gear);
    shapes[i] = ov::PartialShape(std::vector<ov::Dimension>(dims.begin(), dims.end()));
    size_t next = 0;
    for (size_t k = 0; k < dims.size(); ++k) {
      if (dims[k] != -1 || next >= om.inputs[i].ranges.size()) continue;
      const auto& [least, most] = om.inputs[i].ranges[next++];
      shapes[i][k] = ov::Dimension(least, most);
    }
  }
  graph->reshape(shapes);
}

OmTensor DescribeOutput(const AtcOptions& options, const ov::Output<ov::Node>& output, size_t index,
                        bool open) {
  const auto producer = output.get_node_shared_ptr()->input_value(0);
  // A card's compiler renames outputs to node:port:tensor; so do we.
  const std::string name =
      output.get_names().empty() ? std::to_string(index) : output.get_any_name();
  OmTensor tensor;
  tensor.name = producer.get_node()->get_friendly_name() + ":" +
                std::to_string(producer.get_index()) + ":" + name;
  tensor.type = TypeOf(output.get_element_type());
  if (options.half_output && tensor.type == ACL_FLOAT) tensor.type = ACL_FLOAT16;
  tensor.dims = DimsOf(output.get_partial_shape(), "output " + name, open);
  return tensor;
}

// The dims of each gear put together: -1 where they differ.
void MergeDims(const std::vector<std::vector<int64_t>>& at_gears, OmTensor* output) {
  output->dims = at_gears[0];
  for (const auto& dims : at_gears) {
    if (dims.size() != output->dims.size()) {
      throw std::runtime_error("output " + output->name +
                               " has another number of dims at each gear");
    }
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] != at_gears[0][i]) output->dims[i] = -1;
    }
  }
  if (std::find(output->dims.begin(), output->dims.end(), -1) == output->dims.end()) return;
  for (const auto& dims : at_gears) {
    std::vector<int64_t>& values = output->at.emplace_back();
    for (size_t i = 0; i < dims.size(); ++i) {
      if (output->dims[i] == -1) values.push_back(dims[i]);
    }
  }
}

// Asks the graph, reshaped to each gear, for its outputs.
void DescribeOutputs(const AtcOptions& options, const OnnxFile& file,
                     const std::shared_ptr<ov::Model>& graph, OmModel* om) {
  std::vector<std::vector<std::vector<int64_t>>> dims(graph->outputs().size());
  for (size_t gear = 0; gear < om->gear_count(); ++gear) {
    const std::shared_ptr<ov::Model> at_gear = graph->clone();
    try {
      ReshapeTo(at_gear, *om, gear);
    } catch (const std::exception& error) {
      if (om->gears.empty()) throw;
      throw std::runtime_error(options.gears.option + ": the graph cannot take gear " +
                               GearText(options.gears.gears[gear]) + ": " +
                               EngineMessage(error.what(), file));
    }
    for (size_t i = 0; i < at_gear->outputs().size(); ++i) {
      OmTensor output = DescribeOutput(options, at_gear->output(i), i, om->open());
      dims[i].push_back(output.dims);
      if (gear == 0) om->outputs.push_back(std::move(output));
    }
  }
  if (om->open()) return;
  for (size_t i = 0; i < dims.size(); ++i) MergeDims(dims[i], &om->outputs[i]);
}

// Device memory as a card would take it: the constants, and twice the largest operation.
void EstimateMemory(const std::shared_ptr<ov::Model>& graph, OmModel* om) {
  const std::shared_ptr<ov::Model> largest = graph->clone();
  ReshapeTo(largest, *om, om->LargestGear());
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
  try {
    ov::Core core;
    *graph = core.read_model(options.model);
    std::set<std::string> kept;
    if (!SelectOutputs(options, file, *graph, problem) ||
        !TakeHalfInputs(options, *graph, problem) || !KeptTensors(options, file, &kept, problem)) {
      return false;
    }
    DescribeInputs(options, *graph, om);
    DescribeOutputs(options, file, *graph, om);
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
    if (writer.weights()) return false;  // else the disk was it, and Finish has its reason
  }
  return writer.Finish(*om, size, problem);
}

}  // namespace hostacl
