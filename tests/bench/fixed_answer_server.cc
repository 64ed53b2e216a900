// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// A Vision server that answers every call at once with the same bytes, at as little cost as gRPC
// allows: what a load generator can do at most is measured against it.
// usage: fixed_answer_server [THREADS]     prints its port, serves until it is killed
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "omserve/v1/vision.pb.h"

namespace {

constexpr int kWaitingCalls = 256;  // a thread, that have been asked for ahead

grpc::ByteBuffer Serialized(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer Answer() {
  omserve::v1::EmbedResponse answer;
  answer.set_model("fixed");
  answer.add_features(1);
  for (const char* name : {"decode", "internvit", "answer"}) {
    omserve::v1::StageTiming* stage = answer.mutable_timing()->add_stages();
    stage->set_stage(name);
    stage->mutable_queue()->set_nanos(1000);
    stage->mutable_execute()->set_nanos(1000);
  }
  return Serialized(answer);
}

struct Call {
  enum class Step { kArrive, kRead, kAnswer };
  grpc::GenericServerContext context;
  grpc::GenericServerAsyncReaderWriter stream{&context};
  grpc::ByteBuffer request;
  Step step = Step::kArrive;
};

void Serve(grpc::AsyncGenericService* service, grpc::ServerCompletionQueue* queue) {
  const grpc::ByteBuffer answer = Answer();
  const grpc::ByteBuffer models = Serialized(omserve::v1::ListModelsResponse());
  const auto expect_one = [&] {
    auto* call = new Call;
    service->RequestCall(&call->context, &call->stream, queue, queue, call);
  };
  for (int i = 0; i < kWaitingCalls; ++i) {
    expect_one();
  }
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) {
    auto* call = static_cast<Call*>(tag);
    if (call->step == Call::Step::kArrive && ok) {
      expect_one();
      call->step = Call::Step::kRead;
      call->stream.Read(&call->request, call);
    } else if (call->step == Call::Step::kRead && ok) {
      call->step = Call::Step::kAnswer;
      const bool list = call->context.method() == "/omserve.v1.Vision/ListModels";
      call->stream.WriteAndFinish(list ? models : answer, grpc::WriteOptions(), grpc::Status::OK,
                                  call);
    } else {
      delete call;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  grpc::AsyncGenericService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterAsyncGenericService(&service);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (int i = 0; i < threads; ++i) {
    queues.push_back(builder.AddCompletionQueue());
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::cout << port << std::endl;
  std::vector<std::thread> workers;
  for (const auto& queue : queues) {
    workers.emplace_back([&service, &queue] { Serve(&service, queue.get()); });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  return 0;
}
