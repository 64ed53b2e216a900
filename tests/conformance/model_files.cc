// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "model_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "onnx_writer.h"
#include "places.h"

namespace conformance {
namespace {

struct ModelSource {
  LinearGraph graph;
  std::string options;  // of atc, beside the usual ones
};

// Every input value that the tests use, and its result, is exact in fp16, but for `precise`.
const std::map<std::string, ModelSource>& Sources() {
  static const auto& sources = *new std::map<std::string, ModelSource>{
      {"linear", {{.dims = {1, 4}}, "--input_shape=x:1,4"}},
      {"times_ten", {{.dims = {1, 4}, .scale = 10}, "--input_shape=x:1,4"}},
      {"wide", {{.dims = {1, 64}}, "--input_shape=x:1,64"}},
      {"precise", {{.dims = {1, 4}, .scale = 1.0001f, .offset = 0}, "--input_shape=x:1,4"}},
      {"batches", {{.dims = {-1, 4}}, "--input_shape=x:-1,4 --dynamic_batch_size=1,2,4"}},
      {"open", {{.dims = {-1, 4}}, "--input_shape=x:-1,4"}},
      {"sizes",
       {{.dims = {1, 1, -1, -1}},
        "--input_format=NCHW --input_shape=x:1,1,-1,-1 --dynamic_image_size=\"2,2;4,4\""}},
      {"dims",
       {{.dims = {-1, -1}}, "--input_format=ND --input_shape=x:-1,-1 --dynamic_dims=\"1,4;2,8\""}},
      {"aipp",
       {{.dims = {1, 3, 4, 4}},
        "--input_format=NCHW --input_shape=x:1,3,4,4 --insert_op_conf=@aipp.cfg"}},
      {"long_name",
       {{.dims = {1, 4}, .input = std::string(160, 'n')},
        "--input_shape=" + std::string(160, 'n') + ":1,4"}},
  };
  return sources;
}

// Subtracts nothing and scales by one half: the network sees byte / 2.
constexpr char kAipp[] =
    "aipp_op {\n  aipp_mode: static\n  input_format: RGB888_U8\n  src_image_size_w: 4\n"
    "  src_image_size_h: 4\n  csc_switch: false\n  min_chn_0: 0\n  min_chn_1: 0\n  min_chn_2: 0\n"
    "  var_reci_chn_0: 0.5\n  var_reci_chn_1: 0.5\n  var_reci_chn_2: 0.5\n}\n";

std::string Variable(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? fallback : value;
}

// The compiler that lies beside the library, as hostacl's does; else the one in PATH.
std::string DefaultAtc() {
  const std::string built = LibraryFolder() + "/../bin/atc";
  return access(built.c_str(), X_OK) == 0 ? built : "atc";
}

[[noreturn]] void Stop(const std::string& reason) {
  std::fprintf(stderr, "conformance: %s\n", reason.c_str());
  std::exit(3);
}

// The temporary folder of this program. A child process inherits its parent's.
class Folder : public ::testing::Environment {
 public:
  static const std::string& Path() {
    static const auto& path = *new std::string(Make());
    return path;
  }
  void TearDown() override {
    std::error_code ignored;
    if (owned_) std::filesystem::remove_all(Path(), ignored);
  }

 private:
  static std::string Make() {
    const std::string inherited = Variable("CONFORMANCE_FOLDER", "");
    if (!inherited.empty()) return inherited;
    std::string path = ::testing::TempDir() + "/conformance_XXXXXX";
    if (mkdtemp(path.data()) == nullptr) Stop("no temporary folder below " + path);
    setenv("CONFORMANCE_FOLDER", path.c_str(), 1);
    owned_ = true;
    return path;
  }
  inline static bool owned_ = false;
};

[[maybe_unused]] const ::testing::Environment* const kFolder =
    ::testing::AddGlobalTestEnvironment(new Folder());

void Compile(const std::string& name, const ModelSource& source) {
  const std::string onnx = WriteTemporary(name + ".onnx", LinearOnnx(source.graph));
  std::string options = source.options;
  const size_t file = options.find("@aipp.cfg");
  if (file != std::string::npos) options.replace(file, 9, WriteTemporary("aipp.cfg", kAipp));
  std::string command = Variable("CONFORMANCE_ATC", DefaultAtc());
  command += " --framework=5 --model=" + onnx + " --output=" + Folder::Path() + "/" + name +
             " --soc_version=" + Variable("CONFORMANCE_SOC", "Ascend310P3") + " " + options;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) Stop("cannot run " + command);
  std::string text;
  char part[512];
  while (std::fgets(part, sizeof part, pipe) != nullptr) text += part;
  if (pclose(pipe) != 0) Stop(command + "\n" + text);
}

}  // namespace

std::string ModelPath(const std::string& name) {
  const auto source = Sources().find(name);
  if (source == Sources().end()) Stop("no model is called " + name);
  const std::string given = Variable("CONFORMANCE_MODELS", "");
  if (!given.empty()) return given + "/" + name + ".om";
  const std::string path = Folder::Path() + "/" + name + ".om";
  if (access(path.c_str(), R_OK) != 0) Compile(name, source->second);
  return path;
}

std::string FileContent(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string WriteTemporary(const std::string& name, const std::string& content) {
  const std::string path = Folder::Path() + "/" + name;
  std::ofstream file(path, std::ios::binary);
  file << content;
  if (!file.flush()) Stop("cannot write " + path);
  return path;
}

}  // namespace conformance
