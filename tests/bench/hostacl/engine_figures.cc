// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// An asynchronous ACL loop beside the same loop on the bare engine.
#include <time.h>

#include <algorithm>
#include <cstring>
#include <openvino/openvino.hpp>

#include "session.h"

namespace hostacl::bench {
namespace {

constexpr int kRounds = 21;
constexpr int kRuns = 8;  // queued at once

// Input from host memory, run, outputs to host memory, as the library does it.
class Bare {
 public:
  explicit Bare(const Subject& subject) {
    const std::shared_ptr<ov::Model> graph = core_.read_model(subject.onnx);
    graph->reshape(ov::PartialShape{1, 3, subject.height, subject.width});
    ov::CompiledModel compiled = core_.compile_model(
        graph, "CPU", ov::inference_num_threads(1), ov::num_streams(1),
        ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
        ov::hint::inference_precision(ov::element::f32), ov::hint::enable_cpu_pinning(false));
    request_ = compiled.create_infer_request();
    input_.resize(request_.get_input_tensor(0).get_byte_size());
    for (size_t i = 0; i < compiled.outputs().size(); ++i) {
      outputs_.emplace_back(request_.get_output_tensor(i).get_byte_size());
    }
  }

  void Run() {
    std::memcpy(request_.get_input_tensor(0).data(), input_.data(), input_.size());
    request_.infer();
    for (size_t i = 0; i < outputs_.size(); ++i) {
      std::memcpy(outputs_[i].data(), request_.get_output_tensor(i).data(), outputs_[i].size());
    }
  }

 private:
  ov::Core core_;
  ov::InferRequest request_;
  std::vector<uint8_t> input_;
  std::vector<std::vector<uint8_t>> outputs_;
};

// Page-locked host memory beside every buffer of a dataset.
std::vector<void*> HostCopies(aclmdlDataset* dataset) {
  std::vector<void*> copies(aclmdlGetDatasetNumBuffers(dataset));
  for (size_t i = 0; i < copies.size(); ++i) {
    const size_t size = aclGetDataBufferSizeV2(aclmdlGetDatasetBuffer(dataset, i));
    Must(aclrtMallocHost(&copies[i], size), "aclrtMallocHost");
    std::memset(copies[i], 0, size);
  }
  return copies;
}

// CPU time that the process has used, all threads together, in seconds.
double CpuSeconds() {
  timespec time{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) GiveUp("no CPU clock");
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

struct Speed {
  double per_second;      // runs
  double per_cpu_second;  // runs
};

// `work` does kRuns runs.
template <typename Work>
Speed SpeedOf(const Work& work) {
  const Clock::time_point begin = Clock::now();
  const double cpu_begin = CpuSeconds();
  work();
  const double cpu = CpuSeconds() - cpu_begin;
  return {kRuns / (Microseconds(Clock::now() - begin) / 1e6), kRuns / cpu};
}

// Ratios and speed of one graph.
struct Measured {
  double ratio;
  double cpu_ratio;
  double per_second;
};

Measured Measure(const std::string& folder, const Subject& subject) {
  const std::string om =
      Compile(folder, subject.onnx, subject.name,
              "--input_shape=" + subject.input + ":1,3," + std::to_string(subject.height) + "," +
                  std::to_string(subject.width));
  Bare bare(subject);
  const Session session({{"HOSTACL_DEVICES", "1"}});
  Must(aclrtSetDevice(0), "aclrtSetDevice");
  aclrtStream stream = nullptr;
  Must(aclrtCreateStream(&stream), "aclrtCreateStream");
  std::vector<double> ratios;
  std::vector<double> cpu_ratios;
  std::vector<double> speeds;
  {
    const Loaded model(om, nullptr, 0);
    const std::vector<void*> inputs = HostCopies(model.inputs());
    const std::vector<void*> outputs = HostCopies(model.outputs());
    const auto run = [&] {
      for (size_t i = 0; i < inputs.size(); ++i) {
        aclDataBuffer* buffer = aclmdlGetDatasetBuffer(model.inputs(), i);
        const size_t size = aclGetDataBufferSizeV2(buffer);
        Must(aclrtMemcpyAsync(aclGetDataBufferAddr(buffer), size, inputs[i], size,
                              ACL_MEMCPY_HOST_TO_DEVICE, stream),
             "copy in");
      }
      Must(aclmdlExecuteAsync(model.id(), model.inputs(), model.outputs(), stream), "execute");
      for (size_t i = 0; i < outputs.size(); ++i) {
        aclDataBuffer* buffer = aclmdlGetDatasetBuffer(model.outputs(), i);
        const size_t size = aclGetDataBufferSizeV2(buffer);
        Must(aclrtMemcpyAsync(outputs[i], size, aclGetDataBufferAddr(buffer), size,
                              ACL_MEMCPY_DEVICE_TO_HOST, stream),
             "copy out");
      }
    };
    const auto runs = [&] {
      for (int i = 0; i < kRuns; ++i) run();
      Must(aclrtSynchronizeStream(stream), "synchronise");
    };
    const auto bare_runs = [&] {
      for (int i = 0; i < kRuns; ++i) bare.Run();
    };
    runs();
    bare_runs();
    for (int round = 0; round < kRounds; ++round) {
      const bool first = round % 2 == 0;  // what comes first finds other caches
      Speed mine{};
      if (first) mine = SpeedOf(runs);
      const Speed theirs = SpeedOf(bare_runs);
      if (!first) mine = SpeedOf(runs);
      ratios.push_back(mine.per_second / theirs.per_second);
      cpu_ratios.push_back(mine.per_cpu_second / theirs.per_cpu_second);
      speeds.push_back(mine.per_second);
    }
    for (const auto& list : {inputs, outputs}) {
      for (void* address : list) Must(aclrtFreeHost(address), "aclrtFreeHost");
    }
  }
  Must(aclrtDestroyStream(stream), "aclrtDestroyStream");
  return {Median(ratios), Median(cpu_ratios), Median(speeds)};
}

}  // namespace

std::vector<Figure> EngineFigures(const std::string& folder, const std::vector<Subject>& subjects) {
  const std::string how =
      "fp32, batch 1, copies in and out, one synchronise for 8 queued runs; 21 alternating rounds,"
      " median";
  std::vector<Figure> figures;
  double worst = 1e9;
  for (const Subject& subject : subjects) {
    const Measured measured = Measure(folder, subject);
    worst = std::min(worst, measured.ratio);
    figures.push_back({"hostacl.vs_engine." + subject.name, measured.ratio, "ratio",
                       how + " of the rounds' ratios to the same loop on bare OpenVINO"});
    figures.push_back({"hostacl.vs_engine_cpu." + subject.name, measured.cpu_ratio, "ratio",
                       how + " of the rounds' ratios of runs per second of CPU time: what other"
                             " programs on the machine do not change"});
    figures.push_back({"hostacl." + subject.name + "_per_s", measured.per_second, "runs/s", how});
  }
  figures.push_back({"hostacl.vs_engine", worst, "ratio", "the worst of the graphs above"});
  return figures;
}

}  // namespace hostacl::bench
