// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The least that a gRPC server can do with a ModelInfer: give the bytes of the request back. In the
// kinds that a server can be built in, to choose one, and to tell what a real one adds.
// usage: kserve_echo callback|callback-parsed|callback-arena|queue|queue-parsed [THREADS]
//   callback   the callback API with byte buffers; -parsed: with messages, whose tensors protobuf
//              copies; -arena: those in an arena
//   queue      THREADS (2) threads, a completion queue each, byte buffers; -parsed: messages
// Prints its port and serves until it is killed.
#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/message_allocator.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "inference/grpc_service.grpc.pb.h"

namespace {

using Service = inference::GRPCInferenceService;
using inference::ModelInferRequest;
using inference::ModelInferResponse;

constexpr int kWaitingCalls = 64;  // a queue, that have been asked for ahead

void Echo(const grpc::ByteBuffer& request, grpc::ByteBuffer& response) { response = request; }
void Echo(const ModelInferRequest& request, ModelInferResponse& response) {
  response.set_model_name(request.model_name());
  response.set_id(request.id());
  auto& output = *response.add_outputs();
  output.set_name("OUTPUT0");
  output.set_datatype(request.inputs(0).datatype());
  *output.mutable_shape() = request.inputs(0).shape();
  response.add_raw_output_contents(request.raw_input_contents(0));
}

class RawCallback final : public Service::WithRawCallbackMethod_ModelInfer<Service::Service> {
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* rpc,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override {
    Echo(*request, *response);
    grpc::ServerUnaryReactor* reactor = rpc->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

class ParsedCallback final : public Service::WithCallbackMethod_ModelInfer<Service::Service> {
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* rpc,
                                       const ModelInferRequest* request,
                                       ModelInferResponse* response) override {
    Echo(*request, *response);
    grpc::ServerUnaryReactor* reactor = rpc->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// Both messages of a call in one arena, which goes with the call.
class ArenaMessages final : public grpc::MessageAllocator<ModelInferRequest, ModelInferResponse> {
  class Holder final : public grpc::MessageHolder<ModelInferRequest, ModelInferResponse> {
   public:
    Holder() {
      set_request(google::protobuf::Arena::CreateMessage<ModelInferRequest>(&arena_));
      set_response(google::protobuf::Arena::CreateMessage<ModelInferResponse>(&arena_));
    }
    void Release() override { delete this; }
    void FreeRequest() override {}

   private:
    google::protobuf::Arena arena_;
  };
  grpc::MessageHolder<ModelInferRequest, ModelInferResponse>* AllocateMessages() override {
    return new Holder;
  }
};

template <typename AsyncService, typename Request, typename Response>
struct Call {
  enum class Step { kArrive, kAnswer };
  explicit Call(AsyncService& asked, grpc::ServerCompletionQueue* queue) : answer(&context) {
    asked.RequestModelInfer(&context, &request, &answer, queue, queue, this);
  }
  grpc::ServerContext context;
  Request request;
  Response response;
  grpc::ServerAsyncResponseWriter<Response> answer;
  Step step = Step::kArrive;
};

template <typename AsyncService, typename Request, typename Response>
void Serve(AsyncService& service, grpc::ServerCompletionQueue* queue) {
  using OneCall = Call<AsyncService, Request, Response>;
  for (int i = 0; i < kWaitingCalls; ++i) new OneCall(service, queue);
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) {
    auto* call = static_cast<OneCall*>(tag);
    if (!ok || call->step == OneCall::Step::kAnswer) {
      delete call;
      continue;
    }
    new OneCall(service, queue);
    call->step = OneCall::Step::kAnswer;
    Echo(call->request, call->response);
    call->answer.Finish(call->response, grpc::Status::OK, call);
  }
}

grpc::ServerBuilder& Listen(grpc::ServerBuilder& builder, int& port) {
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(64 << 20);
  return builder;
}

void RunCallback(grpc::Service& service) {
  int port = 0;
  grpc::ServerBuilder builder;
  const auto server = Listen(builder, port).RegisterService(&service).BuildAndStart();
  std::cout << port << std::endl;
  server->Wait();
}

template <typename AsyncService, typename Request, typename Response>
void RunQueues(int threads) {
  AsyncService service;
  int port = 0;
  grpc::ServerBuilder builder;
  Listen(builder, port).RegisterService(&service);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (int i = 0; i < threads; ++i) queues.push_back(builder.AddCompletionQueue());
  const auto server = builder.BuildAndStart();
  std::cout << port << std::endl;
  std::vector<std::thread> workers;
  for (const auto& queue : queues) {
    workers.emplace_back(
        [&, at = queue.get()] { Serve<AsyncService, Request, Response>(service, at); });
  }
  for (std::thread& worker : workers) worker.join();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "";
  const int threads = argc > 2 ? std::atoi(argv[2]) : 2;
  RawCallback raw;
  ParsedCallback parsed;
  ArenaMessages arena;
  if (kind == "callback") {
    RunCallback(raw);
  } else if (kind == "callback-parsed") {
    RunCallback(parsed);
  } else if (kind == "callback-arena") {
    parsed.SetMessageAllocatorFor_ModelInfer(&arena);
    RunCallback(parsed);
  } else if (kind == "queue") {
    RunQueues<Service::WithRawMethod_ModelInfer<Service::Service>, grpc::ByteBuffer,
              grpc::ByteBuffer>(threads);
  } else if (kind == "queue-parsed") {
    RunQueues<Service::WithAsyncMethod_ModelInfer<Service::Service>, ModelInferRequest,
              ModelInferResponse>(threads);
  } else {
    std::cerr << "usage: kserve_echo callback|callback-parsed|callback-arena|queue|queue-parsed "
                 "[THREADS]\n";
    return 2;
  }
  return 0;
}
