// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// A KServe v2 server with a delay that is known (injected_delay.h): gives the bytes of a tensor
// back when it is time. It answers what load testers ask beside that.
// usage: delay_server fixed|bimodal|stall [FILE]
// Prints its port and serves until SIGTERM. Then FILE has, for each request in the order of their
// arrival, a line with the microseconds that it really was here, from socket to socket: timers,
// too, are late.
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "inference/grpc_service.pb.h"
#include "tests/bench/loadtest/injected_delay.h"
#include "tests/bench/loadtest/unary_server.h"

namespace {

using omserve::bench::InjectedDelay;
using omserve::bench::UnaryServer;
using Clock = UnaryServer::Clock;
using Answer = UnaryServer::Answer;
using Call = UnaryServer::Call;

class DelayService {
 public:
  explicit DelayService(InjectedDelay delay) : delay_(delay) {}

  std::optional<Answer> Handle(const Call& call) {
    static const std::map<std::string, Answer (DelayService::*)(const Call&)> kMethods = {
        {"ModelInfer", &DelayService::ModelInfer},
        {"ModelMetadata", &DelayService::ModelMetadata},
        {"ModelConfig", &DelayService::ModelConfig},
        {"ModelStatistics", &DelayService::ModelStatistics},
        {"ModelReady", &DelayService::ModelReady},
        {"ServerMetadata", &DelayService::ServerMetadata},
        {"ServerReady", &DelayService::ServerReady},
        {"ServerLive", &DelayService::ServerLive}};
    const std::string service = "/inference.GRPCInferenceService/";
    if (!call.path.starts_with(service)) return std::nullopt;
    const auto found = kMethods.find(call.path.substr(service.size()));
    if (found == kMethods.end()) return std::nullopt;
    return (this->*found->second)(call);
  }

  void Write(std::ostream& out) const {
    for (const Clock::duration here : kept_) {
      out << std::chrono::duration_cast<std::chrono::microseconds>(here).count() << "\n";
    }
  }

 private:
  template <typename Request>
  static Request Parsed(const Call& call) {
    Request request;
    request.ParseFromString(call.message);
    return request;
  }
  static Answer AtOnce(const google::protobuf::Message& response) {
    return {response.SerializeAsString(), Clock::time_point()};
  }

  Answer ModelInfer(const Call& call) {
    const auto request = Parsed<inference::ModelInferRequest>(call);
    inference::ModelInferResponse response;
    response.set_model_name(request.model_name());
    response.set_id(request.id());
    if (request.inputs_size() > 0 && request.raw_input_contents_size() > 0) {
      auto& output = *response.add_outputs();
      output.set_name("OUTPUT0");
      output.set_datatype(request.inputs(0).datatype());
      *output.mutable_shape() = request.inputs(0).shape();
      response.add_raw_output_contents(request.raw_input_contents(0));
    }
    const size_t number = kept_.size();
    kept_.emplace_back();
    const auto at = delay_.AnswerAt(call.arrived.time_since_epoch(), number);
    return {response.SerializeAsString(), Clock::time_point(at),
            [this, number, arrived = call.arrived](Clock::time_point left) {
              kept_[number] = left - arrived;
            }};
  }

  Answer ModelMetadata(const Call& call) {
    inference::ModelMetadataResponse response;
    response.set_name(Parsed<inference::ModelMetadataRequest>(call).name());
    response.add_versions("1");
    response.set_platform("delay");
    const auto describe = [](inference::ModelMetadataResponse::TensorMetadata& tensor,
                             const char* name) {
      tensor.set_name(name);
      tensor.set_datatype("FP32");
      tensor.add_shape(256);
    };
    describe(*response.add_inputs(), "INPUT0");
    describe(*response.add_outputs(), "OUTPUT0");
    return AtOnce(response);
  }

  Answer ModelConfig(const Call& call) {
    inference::ModelConfigResponse response;
    inference::ModelConfig& config = *response.mutable_config();
    config.set_name(Parsed<inference::ModelConfigRequest>(call).name());
    auto& input = *config.add_input();
    input.set_name("INPUT0");
    input.set_data_type(inference::TYPE_FP32);
    input.add_dims(256);
    auto& output = *config.add_output();
    output.set_name("OUTPUT0");
    output.set_data_type(inference::TYPE_FP32);
    output.add_dims(256);
    return AtOnce(response);
  }

  Answer ModelStatistics(const Call& call) {
    inference::ModelStatisticsResponse response;
    auto& model = *response.add_model_stats();
    model.set_name(Parsed<inference::ModelStatisticsRequest>(call).name());
    model.set_version("1");
    return AtOnce(response);
  }

  Answer ModelReady(const Call& call) {
    inference::ModelReadyResponse response;
    response.set_ready(!Parsed<inference::ModelReadyRequest>(call).name().empty());
    return AtOnce(response);
  }

  Answer ServerMetadata(const Call& /*call*/) {
    inference::ServerMetadataResponse response;
    response.set_name("delay");
    response.add_extensions("statistics");
    return AtOnce(response);
  }

  Answer ServerReady(const Call& /*call*/) {
    inference::ServerReadyResponse response;
    response.set_ready(true);
    return AtOnce(response);
  }

  Answer ServerLive(const Call& /*call*/) {
    inference::ServerLiveResponse response;
    response.set_live(true);
    return AtOnce(response);
  }

  const InjectedDelay delay_;
  std::vector<Clock::duration> kept_;  // by the number of the request
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
  sigprocmask(SIG_BLOCK, &term, nullptr);
  DelayService service(*delay);
  UnaryServer server([&service](const Call& call) { return service.Handle(call); });
  std::cout << server.port() << std::endl;
  server.Run(signalfd(-1, &term, SFD_CLOEXEC));
  if (argc > 2) {
    std::ofstream file(argv[2]);
    service.Write(file);
  }
}
