// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace hostacl::bench {

void GiveUp(const std::string& problem) {
  std::fprintf(stderr, "hostacl_bench: %s\n", problem.c_str());
  std::exit(1);
}

void Must(aclError code, const char* what) {
  if (code == ACL_SUCCESS) return;
  const char* message = aclGetRecentErrMsg();
  GiveUp(std::string(what) + ": " + std::to_string(code) + " " +
         (message == nullptr ? "" : message));
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double Microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

std::string WriteFile(const std::string& folder, const std::string& name,
                      const std::string& bytes) {
  const std::string path = folder + "/" + name;
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) GiveUp("cannot write " + path);
  return path;
}

std::string Compile(const std::string& folder, const std::string& onnx, const std::string& name,
                    const std::string& options) {
  const std::string output = folder + "/" + name;
  const std::string command = std::string(OMSERVE_ATC) + " --framework=5 --model=" + onnx +
                              " --output=" + output +
                              " --soc_version=Ascend310P3 --precision_mode_v2=origin " + options +
                              " >" + output + ".log 2>&1";
  if (std::system(command.c_str()) != 0) GiveUp("failed: " + command);
  return output + ".om";
}

Session::Session(const std::map<std::string, std::string>& variables) : variables_(variables) {
  for (const auto& [name, value] : variables_) setenv(name.c_str(), value.c_str(), 1);
  Must(aclInit(nullptr), "aclInit");
}

Session::~Session() {
  Must(aclFinalize(), "aclFinalize");
  for (const auto& [name, value] : variables_) unsetenv(name.c_str());
}

namespace {

void Add(aclmdlDataset* dataset, size_t size) {
  void* address = nullptr;
  Must(aclrtMalloc(&address, size, ACL_MEM_MALLOC_HUGE_FIRST), "aclrtMalloc");
  Must(aclrtMemset(address, size, 0, size), "aclrtMemset");
  Must(aclmdlAddDatasetBuffer(dataset, aclCreateDataBuffer(address, size)), "add buffer");
}

void Drop(aclmdlDataset* dataset) {
  for (size_t i = 0; i < aclmdlGetDatasetNumBuffers(dataset); ++i) {
    aclDataBuffer* buffer = aclmdlGetDatasetBuffer(dataset, i);
    Must(aclrtFree(aclGetDataBufferAddr(buffer)), "aclrtFree");
    aclDestroyDataBuffer(buffer);
  }
  aclmdlDestroyDataset(dataset);
}

}  // namespace

Loaded::Loaded(const std::string& om, void* weight, size_t weight_size) {
  if (weight == nullptr) {
    Must(aclmdlLoadFromFile(om.c_str(), &id_), "aclmdlLoadFromFile");
  } else {
    Must(aclmdlLoadFromFileWithMem(om.c_str(), &id_, nullptr, 0, weight, weight_size),
         "aclmdlLoadFromFileWithMem");
  }
  aclmdlDesc* desc = aclmdlCreateDesc();
  Must(aclmdlGetDesc(desc, id_), "aclmdlGetDesc");
  inputs_ = aclmdlCreateDataset();
  outputs_ = aclmdlCreateDataset();
  for (size_t i = 0; i < aclmdlGetNumInputs(desc); ++i) {
    Add(inputs_, aclmdlGetInputSizeByIndex(desc, i));
  }
  for (size_t i = 0; i < aclmdlGetNumOutputs(desc); ++i) {
    Add(outputs_, aclmdlGetOutputSizeByIndex(desc, i));
  }
  aclmdlDestroyDesc(desc);
}

Loaded::~Loaded() {
  Must(aclmdlUnload(id_), "aclmdlUnload");
  Drop(inputs_);
  Drop(outputs_);
}

}  // namespace hostacl::bench
