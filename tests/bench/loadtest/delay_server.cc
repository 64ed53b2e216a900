// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// A KServe v2 server with a delay that is known (injected_delay.h): gives the bytes of a tensor
// back when it is time. It answers what load testers ask beside that.
// usage: delay_server fixed|bimodal|stall [FILE]
// Prints its port and serves until SIGTERM. Then FILE has, for each request in the order of their
// arrival, a line with the microseconds that it really was here: timers, too, are late.
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <queue>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "inference/grpc_service.grpc.pb.h"
#include "tests/bench/loadtest/injected_delay.h"

namespace {

using omserve::bench::InjectedDelay;
using Clock = std::chrono::steady_clock;

// Does things at their times, on one thread that wakes within microseconds.
class Timer {
 public:
  Timer() : thread_([this] { Run(); }) {}

  void At(Clock::time_point time, std::function<void()> action) {
    const std::lock_guard lock(mutex_);
    waiting_.push({time, std::move(action)});
    changed_.notify_all();
  }

 private:
  struct Entry {
    Clock::time_point time;
    std::function<void()> action;
    bool operator<(const Entry& other) const { return time > other.time; }  // the earliest on top
  };

  void Run() {
    prctl(PR_SET_TIMERSLACK, 1);  // nanoseconds
    std::unique_lock lock(mutex_);
    while (true) {
      if (waiting_.empty()) {
        changed_.wait(lock);
      } else if (waiting_.top().time > Clock::now()) {
        changed_.wait_until(lock, waiting_.top().time);
      } else {
        const std::function<void()> action = waiting_.top().action;
        waiting_.pop();
        lock.unlock();
        action();
        lock.lock();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::priority_queue<Entry> waiting_;
  std::thread thread_;
};

class DelayService final : public inference::GRPCInferenceService::CallbackService {
 public:
  explicit DelayService(InjectedDelay delay) : delay_(delay) {}

  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest* request,
                                       inference::ModelInferResponse* response) override {
    const Clock::time_point arrived = Clock::now();
    response->set_model_name(request->model_name());
    response->set_id(request->id());
    if (request->inputs_size() > 0 && request->raw_input_contents_size() > 0) {
      auto& output = *response->add_outputs();
      output.set_name("OUTPUT0");
      output.set_datatype(request->inputs(0).datatype());
      *output.mutable_shape() = request->inputs(0).shape();
      response->add_raw_output_contents(request->raw_input_contents(0));
    }
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    const uint64_t number = number_++;
    const auto at = delay_.AnswerAt(arrived.time_since_epoch(), number);
    timer_.At(Clock::time_point(at), [this, reactor, arrived, number] {
      Keep(number, Clock::now() - arrived);
      reactor->Finish(grpc::Status::OK);
    });
    return reactor;
  }

  void Write(std::ostream& out) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, here] : kept_) {
      out << std::chrono::duration_cast<std::chrono::microseconds>(here).count() << "\n";
    }
  }

  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* context,
                                          const inference::ModelMetadataRequest* request,
                                          inference::ModelMetadataResponse* response) override {
    response->set_name(request->name());
    response->add_versions("1");
    response->set_platform("delay");
    const auto describe = [](inference::ModelMetadataResponse::TensorMetadata& tensor,
                             const char* name) {
      tensor.set_name(name);
      tensor.set_datatype("FP32");
      tensor.add_shape(256);
    };
    describe(*response->add_inputs(), "INPUT0");
    describe(*response->add_outputs(), "OUTPUT0");
    return Done(context);
  }

  grpc::ServerUnaryReactor* ModelConfig(grpc::CallbackServerContext* context,
                                        const inference::ModelConfigRequest* request,
                                        inference::ModelConfigResponse* response) override {
    inference::ModelConfig& config = *response->mutable_config();
    config.set_name(request->name());
    auto& input = *config.add_input();
    input.set_name("INPUT0");
    input.set_data_type(inference::TYPE_FP32);
    input.add_dims(256);
    auto& output = *config.add_output();
    output.set_name("OUTPUT0");
    output.set_data_type(inference::TYPE_FP32);
    output.add_dims(256);
    return Done(context);
  }

  grpc::ServerUnaryReactor* ModelStatistics(grpc::CallbackServerContext* context,
                                            const inference::ModelStatisticsRequest* request,
                                            inference::ModelStatisticsResponse* response) override {
    auto& model = *response->add_model_stats();
    model.set_name(request->name());
    model.set_version("1");
    return Done(context);
  }

  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* context,
                                       const inference::ModelReadyRequest* request,
                                       inference::ModelReadyResponse* response) override {
    response->set_ready(!request->name().empty());
    return Done(context);
  }

  grpc::ServerUnaryReactor* ServerMetadata(grpc::CallbackServerContext* context,
                                           const inference::ServerMetadataRequest* request,
                                           inference::ServerMetadataResponse* response) override {
    static_cast<void>(request);
    response->set_name("delay");
    response->add_extensions("statistics");
    return Done(context);
  }

  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* context,
                                        const inference::ServerReadyRequest* request,
                                        inference::ServerReadyResponse* response) override {
    static_cast<void>(request);
    response->set_ready(true);
    return Done(context);
  }

  grpc::ServerUnaryReactor* ServerLive(grpc::CallbackServerContext* context,
                                       const inference::ServerLiveRequest* request,
                                       inference::ServerLiveResponse* response) override {
    static_cast<void>(request);
    response->set_live(true);
    return Done(context);
  }

 private:
  static grpc::ServerUnaryReactor* Done(grpc::CallbackServerContext* context) {
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  void Keep(uint64_t number, Clock::duration here) {
    const std::lock_guard lock(mutex_);
    kept_[number] = here;
  }

  const InjectedDelay delay_;
  mutable std::mutex mutex_;
  std::map<uint64_t, Clock::duration> kept_;
  std::atomic<uint64_t> number_ = 0;
  Timer timer_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::optional<InjectedDelay> delay = InjectedDelay::Named(argc > 1 ? argv[1] : "");
  if (!delay.has_value()) {
    std::cerr << "usage: delay_server fixed|bimodal|stall [FILE]\n";
    return 2;
  }
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &term, nullptr);  // for all threads
  DelayService service(*delay);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  std::cout << port << std::endl;
  int got = 0;
  sigwait(&term, &got);
  if (argc > 2) {
    std::ofstream file(argv[2]);
    service.Write(file);
  }
  std::_Exit(0);  // calls that are due later need not be waited for
}
