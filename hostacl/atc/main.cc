// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// atc: compiles an ONNX graph into a .om file for hostacl.
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "compile.h"
#include "operator_report.h"

namespace hostacl {
namespace {

void Say(const AtcOptions& options, LogLevel level, const std::string& text) {
  if (options.log <= level) std::fprintf(stderr, "atc: %s\n", text.c_str());
}

void SayTensors(const AtcOptions& options, const char* side, const std::vector<OmTensor>& tensors) {
  for (const OmTensor& tensor : tensors) {
    std::string text = std::string(side) + " " + tensor.name + ", type " +
                       std::to_string(static_cast<int>(tensor.type)) + ", dims";
    for (const int64_t dim : tensor.dims) text += " " + std::to_string(dim);
    Say(options, LogLevel::kInfo, text);
  }
}

bool Report(const AtcOptions& options, const OnnxFile& file, std::string* problem) {
  if (options.op_report.empty()) return true;
  OperatorTable table;
  if (!table.Read(kOperatorFacts, problem)) return false;
  return WriteOperatorReport(MakeOperatorReport(file, options.model, options.soc, table),
                             options.op_report, problem);
}

bool Run(const AtcOptions& options, std::string* problem) {
  for (const std::string& note : options.notes) Say(options, LogLevel::kWarning, "note: " + note);
  OnnxFile file;
  if (!ReadOnnxFile(options.model, &file, problem) || !Report(options, file, problem)) return false;
  if (options.output.empty()) return true;  // a report alone
  OmModel om;
  std::shared_ptr<ov::Model> graph;
  const std::string path =
      options.output.ends_with(".om") ? options.output : options.output + ".om";
  uint64_t size = 0;
  if (!Compile(options, file, &om, &graph, problem) || !WriteOm(path, &om, graph, &size, problem)) {
    return false;
  }
  if (om.open()) {
    Say(options, LogLevel::kWarning,
        "note: a dim of -1 without gears makes a model of open shapes: sizes are 0, and the program"
        " tells the shape by aclmdlSetDatasetTensorDesc; for fixed sizes to choose from, give"
        " --dynamic_batch_size, --dynamic_image_size or --dynamic_dims");
  }
  SayTensors(options, "input", om.inputs);
  SayTensors(options, "output", om.outputs);
  if (options.op_report != "-") {
    std::printf("atc: wrote %s (%llu bytes, %zu gears). ATC run success.\n", path.c_str(),
                static_cast<unsigned long long>(size), om.gears.size());
  }
  return true;
}

}  // namespace
}  // namespace hostacl

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    std::fputs(hostacl::OptionList().c_str(), stdout);
    return arguments.empty() ? 1 : 0;
  }
  // A file that may not grow further is an error with a message, as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  hostacl::AtcOptions options;
  std::string problem;
  if (!hostacl::ParseOptions(arguments, &options, &problem) || !hostacl::Run(options, &problem)) {
    if (options.log < hostacl::LogLevel::kNull) {
      std::fprintf(stderr, "atc: %s\n", problem.c_str());
    }
    return 1;
  }
  return 0;
}
