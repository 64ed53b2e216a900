// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// atc: compiles an ONNX graph into a .om file for hostacl.
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "compile.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    std::fputs(hostacl::OptionList().c_str(), stdout);
    return arguments.empty() ? 1 : 0;
  }
  hostacl::AtcOptions options;
  hostacl::OmModel om;
  std::string problem;
  if (!hostacl::ParseOptions(arguments, &options, &problem) ||
      !hostacl::Compile(options, &om, &problem)) {
    std::fprintf(stderr, "atc: %s\n", problem.c_str());
    return 1;
  }
  const std::string path =
      options.output.ends_with(".om") ? options.output : options.output + ".om";
  const std::string bytes = hostacl::EncodeOm(om);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) {
    std::fprintf(stderr, "atc: cannot write %s\n", path.c_str());
    return 1;
  }
  std::printf("atc: wrote %s (%zu bytes, %zu gears). ATC run success.\n", path.c_str(),
              bytes.size(), om.gears.size());
  return 0;
}
