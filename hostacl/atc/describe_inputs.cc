// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "describe_inputs.h"

#include <set>
#include <stdexcept>
#include <utility>

#include "aipp_file.h"
#include "chips.h"
#include "om_file.h"

namespace hostacl {

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

std::vector<int64_t> DimsOf(const ov::PartialShape& shape, const std::string& name, bool open) {
  std::vector<int64_t> dims;
  if (shape.rank().is_dynamic()) {
    throw std::runtime_error(name + " has a number of dims that depends on data");
  }
  for (const ov::Dimension& dim : shape) {
    if (dim.is_dynamic() && !open) {
      throw std::runtime_error(name + " has a shape that depends on data");
    }
    dims.push_back(dim.is_dynamic() ? -1 : dim.get_length());
  }
  return dims;
}

namespace {

aclFormat FormatOf(const AtcOptions& options, size_t dims) {
  if (dims != 4) return ACL_FORMAT_ND;
  if (options.input_format == "NCHW") return ACL_FORMAT_NCHW;
  return options.input_format == "NHWC" ? ACL_FORMAT_NHWC : ACL_FORMAT_ND;
}

// Reads --insert_op_conf and puts its pictures in front of the inputs.
void TakePictures(const AtcOptions& options, OmModel* om) {
  if (options.aipp_file.empty()) return;
  std::string text;
  std::string problem;
  std::vector<AippBlock> blocks;
  const OmProblem read = ReadOmFile(options.aipp_file, &text);
  if (read.code != ACL_SUCCESS) {
    throw std::runtime_error("--insert_op_conf: cannot read " + options.aipp_file);
  }
  if (!ParseAippFile(text, &blocks, &problem)) {
    throw std::runtime_error("--insert_op_conf: " + options.aipp_file + ", " + problem);
  }
  if (!ApplyAippBlocks(blocks, options.input_format, om, &problem)) {
    throw std::runtime_error(problem);
  }
}

// What is -1 without gears is told at run time, within these ranges.
void OpenInputs(const AtcOptions& options, OmModel* om) {
  if (!options.input_ranges.empty() && !om->gears.empty()) {
    throw std::runtime_error("--input_shape has a range for " +
                             options.input_ranges.begin()->first + ", and " + options.gears.option +
                             " asks for gears; give one of the two");
  }
  for (OmTensor& input : om->inputs) {
    if (!input.open()) continue;
    if (!TakesOpenShapes(options.soc)) {
      throw std::runtime_error("--input_shape: input " + input.name + " has an open shape, and " +
                               options.soc +
                               " takes none: give --dynamic_batch_size, --dynamic_image_size or"
                               " --dynamic_dims");
    }
    const auto given = options.input_ranges.find(input.name);
    if (given != options.input_ranges.end()) input.ranges = given->second;
    if (options.aipp_file.empty()) continue;
    throw std::runtime_error("--insert_op_conf: input " + input.name +
                             " has an open shape; AIPP needs fixed sizes, or gears");
  }
}

}  // namespace

void DescribeInputs(const AtcOptions& options, const std::shared_ptr<ov::Model>& graph,
                    OmModel* om) {
  std::set<std::string> unused;
  for (const auto& [name, dims] : options.input_shapes) unused.insert(name);
  for (const auto& input : graph->inputs()) {
    OmTensor tensor;
    tensor.name = input.get_any_name();
    tensor.type = TypeOf(input.get_element_type());
    const auto given = options.input_shapes.find(tensor.name);
    if (given != options.input_shapes.end()) {
      tensor.dims = given->second;
      unused.erase(tensor.name);
    } else if (input.get_partial_shape().is_static()) {
      tensor.dims = DimsOf(input.get_partial_shape(), tensor.name);
    } else {
      throw std::runtime_error(
          "input " + tensor.name + " has shape " + input.get_partial_shape().to_string() +
          ": give --input_shape, with -1 for what is told at run time or by gears");
    }
    tensor.format = FormatOf(options, tensor.dims.size());
    om->inputs.push_back(tensor);
  }
  if (!unused.empty()) {
    throw std::runtime_error("--input_shape names " + *unused.begin() + ", which is no input");
  }
  std::string problem;
  if (!ApplyGears(options.gears, options.input_order, options.input_format, om, &problem)) {
    throw std::runtime_error(problem);
  }
  OpenInputs(options, om);
  TakePictures(options, om);
  if (!om->inputs.empty() && !om->inputs[0].dims.empty() && om->inputs[0].dims[0] > 0) {
    om->static_batch = static_cast<uint64_t>(om->inputs[0].dims[0]);
  }
}

}  // namespace hostacl
