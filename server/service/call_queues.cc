// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/call_queues.h"

#include <chrono>

#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

// Events that are handled in a row.
constexpr int kMostEvents = 64;

void Tell(void* tag, bool ok) { static_cast<QueueEvent*>(tag)->OnEvent(ok); }

}  // namespace

CallQueues::CallQueues(grpc::ServerBuilder& builder, int queues) {
  for (int i = 0; i < queues; ++i) queues_.push_back({builder.AddCompletionQueue(), nullptr, {}});
}

void CallQueues::Start(QueuedService& service) {
  for (Queue& each : queues_) {
    each.calls = service.CallsOf(*each.queue);
    each.thread = Thread(absl::StrCat("calls-", &each - queues_.data()),
                         [&each] { Poll(*each.queue, *each.calls); });
  }
}

void CallQueues::Poll(grpc::ServerCompletionQueue& queue, QueuedCalls& calls) {
  calls.Begin();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {  // until Stop shuts it down
    if (!calls.crowded()) {
      Tell(tag, ok);
      continue;
    }
    calls.Handle([&] {
      Tell(tag, ok);
      const std::chrono::system_clock::time_point past;  // does not wait
      for (int i = 1; i < kMostEvents && calls.crowded(); ++i) {
        if (queue.AsyncNext(&tag, &ok, past) != grpc::CompletionQueue::GOT_EVENT) break;
        Tell(tag, ok);
      }
    });
  }
}

void CallQueues::Stop() {
  for (Queue& each : queues_) each.queue->Shutdown();
  for (Queue& each : queues_) {
    each.thread.Join();
    void* tag = nullptr;
    bool ok = false;
    while (each.calls == nullptr && each.queue->Next(&tag, &ok)) {  // gRPC wants it empty
    }
  }
  queues_.clear();
}

}  // namespace omserve
