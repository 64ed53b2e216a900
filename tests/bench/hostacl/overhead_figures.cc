// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What one execution costs beside its graph.
#include <sched.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

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

// Restricts the calling thread, and the threads that it starts from now on, to `cpus`.
void RunOn(const cpu_set_t& cpus) {
  if (sched_setaffinity(0, sizeof cpus, &cpus) != 0) GiveUp("sched_setaffinity failed");
}

cpu_set_t Only(int cpu) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  return cpus;
}

// Where the caller's thread and the thread that answers it run. Waking a CPU that sleeps costs
// several times what a switch on one CPU does, and left alone the kernel picks one of the two for
// the stream's thread and the other for the bare one: then their difference says nothing.
struct Placement {
  std::string name;
  cpu_set_t caller;
  cpu_set_t answerer;
};

std::vector<Placement> Placements(const cpu_set_t& allowed) {
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  std::vector<Placement> placements = {{"one_cpu", Only(cpus[0]), Only(cpus[0])}};
  if (cpus.size() > 1) placements.push_back({"two_cpus", Only(cpus[0]), Only(cpus[1])});
  return placements;
}

// Medians of the rounds, in microseconds.
struct Overhead {
  double execution;
  double round_trip;
  double difference() const { return execution - round_trip; }
};

Overhead Measure(const Loaded& model, const Placement& placement) {
  RunOn(placement.answerer);
  aclrtStream stream = nullptr;
  Must(aclrtCreateStream(&stream), "aclrtCreateStream");
  PingPong ping_pong;
  RunOn(placement.caller);
  std::vector<double> executions;
  std::vector<double> rounds;
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
  Must(aclrtDestroyStream(stream), "aclrtDestroyStream");
  return {Median(executions), Median(rounds)};
}

}  // namespace

std::vector<Figure> OverheadFigures(const std::string& folder) {
  const std::string om = Compile(folder, WriteFile(folder, "empty.onnx", EmptyOnnx()), "empty");
  const Session session({{"HOSTACL_DEVICES", "1"}});
  Must(aclrtSetDevice(0), "aclrtSetDevice");
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) GiveUp("sched_getaffinity failed");
  const std::string how = "40 alternating rounds of 200, median of the rounds";
  std::vector<Figure> figures;
  Overhead worst{};
  {
    const Loaded model(om, nullptr, 0);
    for (const Placement& placement : Placements(allowed)) {
      const Overhead overhead = Measure(model, placement);
      RunOn(allowed);
      if (figures.empty() || overhead.difference() > worst.difference()) worst = overhead;
      figures.push_back({"hostacl.execute_overhead_us." + placement.name, overhead.difference(),
                         "us", "both threads of both pairs pinned alike; " + how});
    }
  }
  figures.push_back({"hostacl.execute_overhead_us", worst.difference(), "us",
                     "aclmdlExecuteAsync + aclrtSynchronizeStream of an empty graph, less a round"
                     " trip of two threads over a condition variable, on the same CPUs; the worst"
                     " of the placements above; " +
                         how});
  figures.push_back({"hostacl.execute_empty_us", worst.execution, "us", how});
  figures.push_back({"hostacl.round_trip_us", worst.round_trip, "us", how});
  return figures;
}

}  // namespace hostacl::bench
