// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What one execution costs beside its graph.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "session.h"
#include "tests/unit/hostacl/tiny_onnx.h"

namespace hostacl::bench {
namespace {

constexpr int kRounds = 40;
constexpr int kCalls = 200;

// Two threads that hand a turn to each other: the least that a queue with a thread can cost.
class PingPong {
 public:
  PingPong() : thread_([this] { Answer(); }) {}
  ~PingPong() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }
  PingPong(const PingPong&) = delete;
  PingPong& operator=(const PingPong&) = delete;

  void Round() {
    std::unique_lock<std::mutex> lock(mutex_);
    asked_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !asked_; });
  }

 private:
  void Answer() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (!ended_) {
      changed_.wait(lock, [this] { return asked_ || ended_; });
      asked_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;
  bool ended_ = false;
  std::thread thread_;
};

// The ONNX file of a graph that does nothing: y is x.
std::string EmptyOnnx() {
  using hostacl::testing::ProtoWriter;
  const std::string graph = ProtoWriter()
                                .Bytes(1, hostacl::testing::OnnxNode("Identity", {"x"}, "y"))
                                .Bytes(2, "empty")
                                .Bytes(11, hostacl::testing::OnnxTensor("x", {1, 4}))
                                .Bytes(12, hostacl::testing::OnnxTensor("y", {1, 4}))
                                .str();
  const std::string opset = ProtoWriter().Number(2, 13).str();
  return ProtoWriter().Number(1, 8).Bytes(7, graph).Bytes(8, opset).str();
}

template <typename Work>
double MicrosecondsEach(const Work& work) {
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < kCalls; ++i) work();
  return Microseconds(Clock::now() - begin) / kCalls;
}

}  // namespace

std::vector<Figure> OverheadFigures(const std::string& folder) {
  const std::string om = Compile(folder, WriteFile(folder, "empty.onnx", EmptyOnnx()), "empty");
  const Session session({{"HOSTACL_DEVICES", "1"}});
  Must(aclrtSetDevice(0), "aclrtSetDevice");
  aclrtStream stream = nullptr;
  Must(aclrtCreateStream(&stream), "aclrtCreateStream");
  std::vector<double> executions;
  std::vector<double> rounds;
  {
    const Loaded model(om, nullptr, 0);
    PingPong ping_pong;
    for (int round = 0; round < kRounds; ++round) {
      const double execution = MicrosecondsEach([&] {
        Must(aclmdlExecuteAsync(model.id(), model.inputs(), model.outputs(), stream), "execute");
        Must(aclrtSynchronizeStream(stream), "synchronise");
      });
      const double bare = MicrosecondsEach([&] { ping_pong.Round(); });
      if (round == 0) continue;  // warm-up
      executions.push_back(execution);
      rounds.push_back(bare);
    }
  }
  Must(aclrtDestroyStream(stream), "aclrtDestroyStream");
  const std::string how = "40 alternating rounds of 200, median of the rounds";
  return {{"hostacl.execute_overhead_us", Median(executions) - Median(rounds), "us",
           "aclmdlExecuteAsync + aclrtSynchronizeStream of an empty graph, less a round trip of"
           " two threads over a condition variable; " +
               how},
          {"hostacl.execute_empty_us", Median(executions), "us", how},
          {"hostacl.round_trip_us", Median(rounds), "us", how}};
}

}  // namespace hostacl::bench
