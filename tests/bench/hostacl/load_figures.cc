// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Loading a big model, and loading it again with the same weights.
#include <cstring>
#include <fstream>
#include <memory>

#include "session.h"
#include "tests/unit/hostacl/tiny_onnx.h"

namespace hostacl::bench {
namespace {

constexpr int64_t kWidth = 5000;  // 100 MB of fp32 weights
constexpr int kLoads = 5;

// The ONNX file of y = x W with pseudo-random weights.
std::string BigOnnx() {
  using hostacl::testing::ProtoWriter;
  std::string weights(static_cast<size_t>(kWidth * kWidth) * sizeof(float), '\0');
  uint32_t state = 1;
  for (size_t at = 0; at < weights.size(); at += sizeof(float)) {
    state = state * 1664525u + 1013904223u;
    const float value = static_cast<float>(state >> 8) * 0x1p-24f - 0.5f;
    std::memcpy(weights.data() + at, &value, sizeof value);
  }
  const std::string tensor = ProtoWriter()
                                 .Number(1, kWidth)
                                 .Number(1, kWidth)
                                 .Number(2, 1)
                                 .Bytes(8, "w")
                                 .Bytes(9, weights)
                                 .str();
  const std::string graph = ProtoWriter()
                                .Bytes(1, hostacl::testing::OnnxNode("MatMul", {"x", "w"}, "y"))
                                .Bytes(2, "big")
                                .Bytes(5, tensor)
                                .Bytes(11, hostacl::testing::OnnxTensor("x", {1, kWidth}))
                                .Bytes(12, hostacl::testing::OnnxTensor("y", {1, kWidth}))
                                .str();
  const std::string opset = ProtoWriter().Number(2, 13).str();
  return ProtoWriter().Number(1, 8).Bytes(7, graph).Bytes(8, opset).str();
}

// The process's proportional memory, in bytes.
double Pss() {
  std::ifstream file("/proc/self/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Pss:")) return std::stod(line.substr(4)) * 1024;
  }
  GiveUp("no Pss in /proc/self/smaps_rollup");
}

// The memory that a load adds, executed once, less its work size; over the weight size. `weight` is
// its weight memory, null: one of its own.
double AddedRatio(const std::string& om, void* weight, size_t weight_size, size_t work_size) {
  const double before = Pss();
  const Loaded load(om, weight, weight_size);
  Must(aclmdlExecute(load.id(), load.inputs(), load.outputs()), "aclmdlExecute");
  return (Pss() - before - static_cast<double>(work_size)) / static_cast<double>(weight_size);
}

}  // namespace

std::vector<Figure> LoadFigures(const std::string& folder) {
  const std::string om = Compile(folder, WriteFile(folder, "big.onnx", BigOnnx()), "big");
  const Session session({{"HOSTACL_DEVICES", "1"}});
  Must(aclrtSetDevice(0), "aclrtSetDevice");
  std::vector<double> times;
  for (int i = 0; i < kLoads; ++i) {
    const Clock::time_point begin = Clock::now();
    uint32_t id = 0;
    Must(aclmdlLoadFromFile(om.c_str(), &id), "aclmdlLoadFromFile");
    times.push_back(Microseconds(Clock::now() - begin) / 1e3);
    Must(aclmdlUnload(id), "aclmdlUnload");
  }
  size_t work_size = 0;
  size_t weight_size = 0;
  Must(aclmdlQuerySize(om.c_str(), &work_size, &weight_size), "aclmdlQuerySize");
  void* weight = nullptr;
  Must(aclrtMalloc(&weight, weight_size, ACL_MEM_MALLOC_HUGE_FIRST), "aclrtMalloc");
  double ratio = 0;
  double unshared = 0;
  {
    const Loaded first(om, weight, weight_size);
    Must(aclmdlExecute(first.id(), first.inputs(), first.outputs()), "aclmdlExecute");
    ratio = AddedRatio(om, weight, weight_size, work_size);
    unshared = AddedRatio(om, nullptr, weight_size, work_size);
  }
  Must(aclrtFree(weight), "aclrtFree");
  return {{"hostacl.load_ms", Median(times), "ms", "100 MB of fp32 weights, median of 5 loads"},
          {"hostacl.second_load_ratio", ratio, "ratio",
           "PSS that the second load of 100 MB with shared weights adds, executed once, less its"
           " work size, over the weight size"},
          {"hostacl.unshared_load_ratio", unshared, "ratio",
           "the same for a load with weight memory of its own: what the figure above would be"
           " without sharing"}};
}

}  // namespace hostacl::bench
