// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// How well 16 busy profiled devices keep time, seen by a program that waits for each stage.
#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "session.h"
#include "tests/unit/hostacl/tiny_onnx.h"

namespace hostacl::bench {
namespace {

constexpr int kDevices = 16;
constexpr int kStages = 1000;
constexpr std::chrono::milliseconds kStage{5};

struct Device {
  double error = 0;          // of the time from the first enqueue to the last completion
  std::vector<double> late;  // us, of each completion after the last enqueue
};

void Work(int id, const std::string& om, std::barrier<>* ready, Device* result) {
  Must(aclrtSetDevice(id), "aclrtSetDevice");
  aclrtStream stream = nullptr;
  Must(aclrtCreateStream(&stream), "aclrtCreateStream");
  {
    const Loaded model(om, nullptr, 0);
    std::vector<aclrtEvent> events(kStages);
    for (aclrtEvent& event : events) Must(aclrtCreateEvent(&event), "aclrtCreateEvent");
    // The answer is known from here on.
    Must(aclmdlExecuteAsync(model.id(), model.inputs(), model.outputs(), stream), "execute");
    Must(aclrtSynchronizeStream(stream), "synchronise");
    ready->arrive_and_wait();
    const Clock::time_point begin = Clock::now();
    for (int i = 0; i < kStages; ++i) {
      Must(aclmdlExecuteAsync(model.id(), model.inputs(), model.outputs(), stream), "execute");
      Must(aclrtRecordEvent(events[i], stream), "record");
    }
    // What ends while the rest is still being queued has nobody who waits for it yet.
    const Clock::time_point queued = Clock::now();
    for (int i = 0; i < kStages; ++i) {
      const Clock::time_point end = begin + (i + 1) * kStage;
      Must(aclrtSynchronizeEvent(events[i]), "synchronise");
      if (end > queued) result->late.push_back(Microseconds(Clock::now() - end));
    }
    const double expected = Microseconds(kStages * kStage);
    result->error = std::abs(Microseconds(Clock::now() - begin) - expected) / expected;
    Must(aclrtSynchronizeStream(stream), "synchronise");
    for (aclrtEvent event : events) Must(aclrtDestroyEvent(event), "aclrtDestroyEvent");
  }
  Must(aclrtDestroyStream(stream), "aclrtDestroyStream");
}

}  // namespace

std::vector<Figure> ProfileFigures(const std::string& folder) {
  const std::string onnx =
      WriteFile(folder, "linear.onnx", hostacl::testing::LinearOnnx(1, 4, 2, 1));
  const std::string om = Compile(folder, onnx, "linear");
  const std::string profile = WriteFile(folder, "profile.json",
                                        R"({"compute":"replay","models":{"linear":{"default":)" +
                                            std::to_string(kStage.count()) + "}}}");
  const Session session({{"HOSTACL_DEVICES", std::to_string(kDevices)},
                         {"HOSTACL_DEVICE_MEMORY_MIB", "64"},
                         {"HOSTACL_PROFILE", profile}});
  std::vector<Device> devices(kDevices);
  std::barrier<> ready(kDevices);
  std::vector<std::thread> threads;
  for (int i = 0; i < kDevices; ++i) {
    threads.emplace_back([&, i] { Work(i, om, &ready, &devices[static_cast<size_t>(i)]); });
  }
  for (std::thread& thread : threads) thread.join();
  double worst = 0;
  std::vector<double> late;
  for (const Device& device : devices) {
    worst = std::max(worst, device.error);
    late.insert(late.end(), device.late.begin(), device.late.end());
  }
  const std::string how = "16 devices, each 1,000 queued stages of 5 ms, one waiting thread each";
  std::vector<double> sorted = late;
  std::sort(sorted.begin(), sorted.end());
  if (late.empty()) GiveUp("queueing the stages took longer than the stages");
  const double p99 = sorted[sorted.size() * 99 / 100];
  return {{"hostacl.profile_error", worst, "ratio",
           how + "; wall time from the first enqueue to the last completion, worst device"},
          {"hostacl.profile_late_us", Median(late), "us",
           how + "; return of aclrtSynchronizeEvent after the end of its stage, for the stages that"
                 " end when all are queued, p50"},
          {"hostacl.profile_late_p99_us", p99, "us", how + "; p99"}};
}

}  // namespace hostacl::bench
