// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <algorithm>

#include "text.h"

namespace hostacl {
namespace {

struct Known {
  const char* name;
  const char* meaning;
};

constexpr Known kKnown[] = {
    {"framework", "5: ONNX, the only one here"},
    {"model", "path of the ONNX file"},
    {"output", "path of the result, without .om"},
    {"input_shape", "\"name:1,3,224,224;other:-1,4\"; -1 is what a gear decides"},
    {"dynamic_batch_size", "the batches of the gears: \"1,2,4\"; 2 to 100 of them"},
    {"dynamic_image_size", "height,width of each gear: \"416,416;832,832\"; NCHW or NHWC"},
    {"dynamic_dims", "the -1 dims of all inputs at each gear: \"1,200;2,200\"; ND"},
    {"insert_op_conf", "file with aipp_op blocks (static AIPP): inputs take pictures of bytes"},
    {"soc_version", "name of the chip, e.g. Ascend310P3"},
    {"output_type", "FP32 or FP16: type of the float outputs"},
    {"precision_mode_v2", "fp16 (default) or origin"},
    {"input_format", "NCHW, NHWC or ND"},
    {"log", "accepted, without effect"},
};

bool ParseShapes(const std::string& text, AtcOptions* options, std::string* problem) {
  for (const std::string& part : Split(text, ';')) {
    const size_t colon = part.rfind(':');
    std::vector<int64_t> dims;
    bool good = colon != std::string::npos && colon > 0;
    if (good && colon + 1 < part.size()) {
      for (const std::string& number : Split(part.substr(colon + 1), ',')) {
        int64_t dim = 0;
        good = good && ParseNumber(number, &dim) && (dim > 0 || dim == -1);
        dims.push_back(dim);
      }
    }
    if (!good) {
      *problem = "--input_shape: cannot read \"" + part +
                 "\"; write name:1,3,224,224 with numbers above 0, or -1";
      return false;
    }
    const std::string name = part.substr(0, colon);
    if (!options->input_shapes.emplace(name, dims).second) {
      *problem = "--input_shape: " + name + " is there twice";
      return false;
    }
    options->input_order.push_back(name);
  }
  return true;
}

bool Choose(const std::string& name, const std::string& value, const char* yes, const char* no,
            bool* choice, std::string* problem) {
  *choice = value == yes;
  if (value == yes || value == no) return true;
  *problem = "--" + name + ": " + yes + " or " + no + ", not \"" + value + "\"";
  return false;
}

bool Apply(const std::string& name, const std::string& value, AtcOptions* options,
           std::string* problem) {
  if (name == "model") options->model = value;
  if (name == "output") options->output = value;
  if (name == "soc_version") options->soc = value;
  if (name == "input_shape") return ParseShapes(value, options, problem);
  if (name == "dynamic_batch_size" || name == "dynamic_image_size" || name == "dynamic_dims") {
    return ParseGears(name, value, &options->gears, problem);
  }
  if (name == "insert_op_conf") options->aipp_file = value;
  if (name == "output_type") {
    return Choose(name, value, "FP16", "FP32", &options->half_output, problem);
  }
  if (name == "precision_mode_v2") {
    return Choose(name, value, "fp16", "origin", &options->half_precision, problem);
  }
  if (name == "input_format") {
    options->input_format = value;
    if (value == "NCHW" || value == "NHWC" || value == "ND") return true;
    *problem = "--input_format: NCHW, NHWC or ND, not \"" + value + "\"";
    return false;
  }
  if (name == "framework" && value != "5") {
    *problem = "--framework: only 5 (ONNX) is there, not \"" + value + "\"";
    return false;
  }
  return true;
}

}  // namespace

std::string OptionList() {
  std::string text = "Options:\n";
  for (const Known& known : kKnown) {
    text += std::string("  --") + known.name + "  " + known.meaning + "\n";
  }
  return text;
}

bool ParseOptions(const std::vector<std::string>& arguments, AtcOptions* options,
                  std::string* problem) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const size_t equals = argument.find('=');
    const std::string name =
        argument.rfind("--", 0) == 0 ? argument.substr(2, equals - 2) : std::string();
    const bool known = std::any_of(std::begin(kKnown), std::end(kKnown),
                                   [&](const Known& option) { return name == option.name; });
    if (!known) {
      *problem = "unknown option \"" + argument + "\"\n" + OptionList();
      return false;
    }
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      *problem = "--" + name + " needs a value";
      return false;
    }
    const std::string value =
        equals != std::string::npos ? argument.substr(equals + 1) : arguments[++i];
    if (!Apply(name, value, options, problem)) return false;
  }
  if (options->model.empty() || options->output.empty()) {
    *problem = "--model and --output are needed\n" + OptionList();
    return false;
  }
  return true;
}

}  // namespace hostacl
