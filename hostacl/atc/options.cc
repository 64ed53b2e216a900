// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "options.h"

#include <algorithm>
#include <utility>

#include "option_checks.h"
#include "text.h"

namespace hostacl {
namespace {

struct Known {
  const char* name;
  const char* meaning;
};

constexpr Known kKnown[] = {
    {"framework", "5: ONNX, the only one here"},
    {"model", "path of the ONNX file; its data files lie in the same folder or below"},
    {"output", "path of the result, without .om"},
    {"soc_version", "name of the chip, e.g. Ascend310P3, as npu-smi info shows it"},
    {"input_shape",
     "\"name:1,3,224,224;other:-1,4\"; -1 is for a gear, or for the run; 1~64 bounds it"},
    {"input_format", "NCHW, NHWC or ND"},
    {"dynamic_batch_size", "the batches of the gears: \"1,2,4\"; 2 to 100 of them"},
    {"dynamic_image_size", "height,width of each gear: \"416,416;832,832\"; NCHW or NHWC"},
    {"dynamic_dims", "the -1 dims of all inputs at each gear: \"1,200;2,200\"; ND"},
    {"insert_op_conf", "file with aipp_op blocks (static AIPP): inputs take pictures of bytes"},
    {"input_fp16_nodes", "\"name;other\": these inputs are fed as fp16"},
    {"out_nodes", "\"node:0;other:1\": what the model gives instead of the file's outputs"},
    {"output_type", "FP32 or FP16 for all float outputs, or \"node:0:FP16;other:0:FP32\""},
    {"precision_mode_v2",
     "fp16 (default), origin, mixed_float16, mixed_bfloat16, cube_fp16in_fp32out"},
    {"precision_mode", "the older names: force_fp16, force_fp32, must_keep_origin_dtype, ..."},
    {"keep_dtype", "file with one node name a line: their weights are not rounded"},
    {"op_report", "FILE.json, or - for text: where each operator runs on the chip"},
    {"log", "debug, info, warning (default), error or null"},
};

// "3", "-1", or "1~64", which is -1 with a least and a most, where -1 is no limit.
bool ParseDim(const std::string& text, int64_t* dim, std::array<int64_t, 2>* range) {
  const size_t wave = text.find('~');
  *range = {1, -1};
  if (wave == std::string::npos) return ParseNumber(text, dim) && (*dim > 0 || *dim == -1);
  *dim = -1;
  auto& [least, most] = *range;
  return ParseNumber(text.substr(0, wave), &least) && ParseNumber(text.substr(wave + 1), &most) &&
         least > 0 && (most == -1 || most >= least);
}

bool ParseShapes(const std::string& text, AtcOptions* options, std::string* problem) {
  for (const std::string& part : Split(text, ';')) {
    const size_t colon = part.rfind(':');
    std::vector<int64_t> dims;
    std::vector<std::array<int64_t, 2>> ranges;
    bool good = colon != std::string::npos && colon > 0;
    if (good && colon + 1 < part.size()) {
      std::string list = part.substr(colon + 1);
      if (list.size() > 1 && list.front() == '[' && list.back() == ']') {
        list = list.substr(1, list.size() - 2);
      }
      for (const std::string& number : Split(list, ',')) {
        int64_t dim = 0;
        std::array<int64_t, 2> range{};
        good = good && ParseDim(number, &dim, &range);
        dims.push_back(dim);
        if (dim == -1) ranges.push_back(range);
      }
    }
    if (!good) {
      *problem = "--input_shape: cannot read \"" + part +
                 "\"; write name:1,3,224,224 with numbers above 0, -1, or ranges like 1~64";
      return false;
    }
    if (part.find('~', colon) != std::string::npos) {
      options->input_ranges[part.substr(0, colon)] = ranges;
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

// "node:0"; the node's name may hold colons.
bool ParseNodeOutput(const std::string& text, NodeOutput* output) {
  const size_t colon = text.rfind(':');
  int64_t port = 0;
  if (colon == std::string::npos || colon == 0 || !ParseNumber(text.substr(colon + 1), &port) ||
      port < 0) {
    return false;
  }
  *output = {text.substr(0, colon), static_cast<size_t>(port)};
  return true;
}

bool ParseOutNodes(const std::string& text, AtcOptions* options, std::string* problem) {
  for (const std::string& part : Split(text, ';')) {
    NodeOutput output;
    if (!ParseNodeOutput(part, &output)) {
      *problem = "--out_nodes: cannot read \"" + part + "\"; write node:0;other:1";
      return false;
    }
    options->out_nodes.push_back(std::move(output));
  }
  return true;
}

bool ParseOutputType(const std::string& text, AtcOptions* options, std::string* problem) {
  options->half_output = text == "FP16";
  if (text == "FP16" || text == "FP32") return true;
  for (const std::string& part : Split(text, ';')) {
    const size_t colon = std::min(part.rfind(':'), part.size());
    const std::string type = part.substr(std::min(colon + 1, part.size()));
    NodeOutput output;
    if ((type != "FP16" && type != "FP32") || !ParseNodeOutput(part.substr(0, colon), &output)) {
      *problem = "--output_type: FP32, FP16 or \"node:0:FP16;other:0:FP32\", not \"" + part +
                 "\"; other types are not done here";
      return false;
    }
    options->output_halves.emplace_back(std::move(output), type == "FP16");
  }
  return true;
}

bool ParseLog(const std::string& value, AtcOptions* options, std::string* problem) {
  const std::vector<std::string> levels = {"debug", "info", "warning", "error", "null"};
  const auto found = std::find(levels.begin(), levels.end(), value);
  options->log = static_cast<LogLevel>(found - levels.begin());
  if (found != levels.end()) return true;
  *problem = "--log: debug, info, warning, error or null, not \"" + value + "\"";
  return false;
}

bool ApplyPrecision(const std::string& name, const std::string& value, AtcOptions* options,
                    std::string* problem) {
  std::string note;
  const auto parse = name == "precision_mode" ? ParsePrecision : ParsePrecisionV2;
  if (!parse(value, &options->precision, &note, problem)) {
    *problem = "--" + name + ": " + *problem;
    return false;
  }
  if (!note.empty()) options->notes.push_back("--" + name + "=" + note);
  return true;
}

bool Apply(const std::string& name, const std::string& value, AtcOptions* options,
           std::string* problem) {
  if (name == "model") options->model = value;
  if (name == "output") options->output = value;
  if (name == "keep_dtype") options->keep_dtype = value;
  if (name == "op_report") options->op_report = value;
  if (name == "soc_version") {
    options->soc = value;
    if (CheckSoc(value, problem)) return true;
    *problem = "--soc_version: " + *problem;
    return false;
  }
  if (name == "input_shape") return ParseShapes(value, options, problem);
  if (name == "dynamic_batch_size" || name == "dynamic_image_size" || name == "dynamic_dims") {
    return ParseGears(name, value, &options->gears, problem);
  }
  if (name == "insert_op_conf") options->aipp_file = value;
  if (name == "output_type") return ParseOutputType(value, options, problem);
  if (name == "out_nodes") return ParseOutNodes(value, options, problem);
  if (name == "log") return ParseLog(value, options, problem);
  if (name == "input_fp16_nodes") options->half_inputs = Split(value, ';');
  if (name == "precision_mode" || name == "precision_mode_v2") {
    return ApplyPrecision(name, value, options, problem);
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

bool IsKnown(const std::string& name) {
  return std::any_of(std::begin(kKnown), std::end(kKnown),
                     [&](const Known& option) { return name == option.name; });
}

// False and a message for a name that is not known, or known and not done.
bool CheckName(const std::string& argument, const std::string& name, std::string* problem) {
  if (IsKnown(name) || WithoutEffect(name) != nullptr) return true;
  if (const char* why = Refused(name)) {
    *problem = "--" + name + " is not done by hostacl's atc: " + why;
    return false;
  }
  std::vector<std::string> names;
  for (const Known& option : kKnown) names.emplace_back(option.name);
  const std::string near = OptionLike(name, names);
  *problem = "unknown option \"" + argument + "\"" +
             (near.empty() ? "; atc --help lists them" : "; did you mean --" + near + "?");
  return false;
}

bool CheckWhole(const std::map<std::string, std::string>& given, AtcOptions* options,
                std::string* problem) {
  if (!CheckTogether(given, problem)) return false;
  if (options->model.empty() || (options->output.empty() && options->op_report.empty())) {
    *problem = "--model and --output are needed; atc --help lists the options";
    return false;
  }
  if (!CheckPrecision(options->precision, options->soc, problem)) return false;
  if (!options->keep_dtype.empty() && options->precision == Precision::kOrigin) {
    options->notes.push_back("--keep_dtype has no effect: nothing is rounded with origin");
  }
  return true;
}

}  // namespace

std::string OptionList() {
  std::string text =
      "atc compiles an ONNX graph into a .om file that hostacl's libascendcl runs.\n"
      "usage: atc --framework=5 --model=MODEL.onnx --output=NAME --soc_version=CHIP [OPTION...]\n";
  for (const Known& known : kKnown) {
    std::string name = std::string("  --") + known.name;
    name.resize(24, ' ');
    text += name + known.meaning + "\n";
  }
  return text + "Other options of CANN's atc are accepted with a note and change nothing.\n";
}

bool ParseOptions(const std::vector<std::string>& arguments, AtcOptions* options,
                  std::string* problem) {
  std::map<std::string, std::string> given;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const size_t equals = argument.find('=');
    const std::string name =
        argument.rfind("--", 0) == 0 ? argument.substr(2, equals - 2) : std::string();
    if (!CheckName(argument, name, problem)) return false;
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      *problem = "--" + name + " needs a value";
      return false;
    }
    const std::string value =
        equals != std::string::npos ? argument.substr(equals + 1) : arguments[++i];
    if (const char* why = WithoutEffect(name)) {
      options->notes.push_back("--" + name + " has no effect in hostacl: " + why);
    } else if (!Apply(name, value, options, problem)) {
      return false;
    }
    if (!given.emplace(name, value).second) {
      *problem = "--" + name + " is given twice";
      return false;
    }
  }
  return CheckWhole(given, options, problem);
}

}  // namespace hostacl
