// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// A closed loop of ModelInfer over one connection, on one thread, at as little cost as gRPC allows:
// the same bytes again and again, answers counted but not parsed.
// usage: kserve_loop SERVER MODEL INPUT SHAPE IN_FLIGHT WARMUP_S SECONDS
// SHAPE is what follows the batch of one: 256, or 3x224x224; floats.
// Prints JSON: requests_per_s, p50_us, p99_us, requests, errors.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "inference/grpc_service.pb.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
  Clock::time_point start;
};

grpc::ByteBuffer Request(const std::string& model, const std::string& input,
                         const std::string& shape) {
  inference::ModelInferRequest request;
  request.set_model_name(model);
  request.set_id("1");
  auto& tensor = *request.add_inputs();
  tensor.set_name(input);
  tensor.set_datatype("FP32");
  tensor.add_shape(1);
  int64_t floats = 1;
  std::istringstream sizes(shape);
  for (std::string size; std::getline(sizes, size, 'x');) {
    tensor.add_shape(std::atoll(size.c_str()));
    floats *= tensor.shape().Get(tensor.shape_size() - 1);
  }
  request.add_raw_input_contents(std::string(static_cast<size_t>(floats) * 4, '\x3f'));
  const grpc::Slice slice(request.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

void Begin(grpc::GenericStub& stub, const grpc::ByteBuffer& request, grpc::CompletionQueue& queue,
           Call& call) {
  call.start = Clock::now();
  call.context = std::make_unique<grpc::ClientContext>();
  call.reader = stub.PrepareUnaryCall(
      call.context.get(), "/inference.GRPCInferenceService/ModelInfer", request, &queue);
  call.reader->StartCall();
  call.reader->Finish(&call.answer, &call.status, &call);
}

double At(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::cerr << "usage: kserve_loop SERVER MODEL INPUT SHAPE IN_FLIGHT WARMUP_S SECONDS\n";
    return 2;
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  grpc::GenericStub stub(
      grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments));
  const grpc::ByteBuffer request = Request(argv[2], argv[3], argv[4]);
  const auto seconds = [](const char* text) {
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::atof(text)));
  };
  grpc::CompletionQueue queue;
  std::vector<Call> calls(static_cast<size_t>(std::atoi(argv[5])));
  const Clock::time_point begin = Clock::now() + seconds(argv[6]);
  const Clock::time_point end = begin + seconds(argv[7]);
  for (Call& call : calls) Begin(stub, request, queue, call);
  std::vector<double> latencies_us;
  size_t errors = 0;
  size_t open = calls.size();
  void* tag = nullptr;
  bool ok = false;
  while (open > 0 && queue.Next(&tag, &ok)) {
    Call& call = *static_cast<Call*>(tag);
    const Clock::time_point now = Clock::now();
    if (!call.status.ok() && errors++ == 0) std::cerr << call.status.error_message() << "\n";
    if (now >= begin && now < end) {
      latencies_us.push_back(std::chrono::duration<double, std::micro>(now - call.start).count());
    }
    if (now < end) {
      Begin(stub, request, queue, call);
    } else {
      --open;
    }
  }
  std::sort(latencies_us.begin(), latencies_us.end());
  std::cout << "{\"requests_per_s\": "
            << static_cast<double>(latencies_us.size()) / std::atof(argv[7])
            << ", \"p50_us\": " << At(latencies_us, 0.5)
            << ", \"p99_us\": " << At(latencies_us, 0.99)
            << ", \"requests\": " << latencies_us.size() << ", \"errors\": " << errors << "}"
            << std::endl;
  return errors == 0 ? 0 : 1;
}
