// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_worker.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "client/load/due_wait.h"
#include "client/load/rpc_outcome.h"
#include "client/load/seeded_draw.h"

namespace omserve::client {

LoadWorker::LoadWorker(const LoadPlan& plan, int number, const LoadChannels& channels,
                       LoadProgress* progress, const AnswerCheck* check)
    : plan_(plan),
      number_(static_cast<uint64_t>(number)),
      senders_(static_cast<uint64_t>(plan.options.senders)),
      progress_(progress),
      check_(check),
      calls_(this, &queue_),
      recorder_(plan, progress),
      next_due_(static_cast<uint64_t>(number)),
      sent_(plan, progress) {
  Reconnect(channels);
}

LoadWorker::~LoadWorker() {
  if (sender_.joinable()) {
    sender_.join();
    receiver_.join();
  }
}

void LoadWorker::Start() {
  receiver_ = std::thread([this] { Receive(); });
  sender_ = std::thread([this] { Send(); });
}

void LoadWorker::Reconnect(const LoadChannels& channels) {
  std::vector<grpc::GenericStub> stubs(channels.begin(), channels.end());
  MutexLock lock(stubs_mutex_);
  stubs_.swap(stubs);
}

bool LoadWorker::WaitUntilDone(absl::Duration patience) {
  MutexLock lock(done_mutex_);
  if (!done_) {
    done_changed_.WaitFor(done_mutex_, patience);
  }
  return done_;
}

LoadStats LoadWorker::TakeStats() {
  sender_.join();
  receiver_.join();
  LoadStats stats = recorder_.Take();
  MutexLock lock(sending_);
  stats.Merge(sent_.Take());
  return stats;
}

void LoadWorker::Send() {
  if (plan_.options.arrivals.has_value()) {
    SendOnTime();
  } else {
    SendInFlight();
  }
  while (!calls_.WaitUntilIdle(absl::Seconds(1))) {
  }
  queue_.Shutdown();
  MutexLock lock(done_mutex_);
  done_ = true;
  done_changed_.NotifyAll();
}

void LoadWorker::SendOnTime() {
  WakeSharply();
  DueWait wait;
  for (uint64_t number = next_due_; number < plan_.schedule.size(); number = next_due_) {
    wait.Until(plan_.begin + plan_.schedule[number]);
    if (next_due_ == number) {
      MutexLock lock(sending_);
      SendDue();
    }
  }
}

bool LoadWorker::IsDue() const {
  const uint64_t number = next_due_.load(std::memory_order_relaxed);
  return number < plan_.schedule.size() &&
         std::chrono::steady_clock::now() >= plan_.begin + plan_.schedule[number];
}

LoadOrder LoadWorker::OrderOf(uint64_t number, LoadTime scheduled, LoadTime sent) const {
  return {.number = number,
          .request_class = plan_.ClassOf(number),
          .scheduled = scheduled,
          .sent = sent};
}

void LoadWorker::SendDue() {
  const auto limit =
      static_cast<size_t>(std::max(1, plan_.options.max_in_flight / plan_.options.senders));
  for (uint64_t number = next_due_; number < plan_.schedule.size(); number += senders_) {
    const LoadTime due = plan_.begin + plan_.schedule[number];
    const LoadTime now = std::chrono::steady_clock::now();
    if (now < due) {
      break;
    }
    const LoadOrder order = OrderOf(number, due, now);
    if (LoadCall* const call = calls_.Take(limit); call != nullptr) {
      Begin(call, order);
      sent_.Sent(order);
    } else {
      sent_.NotSent(order);
    }
    next_due_ = number + senders_;  // not before: whoever sees the end waits for the calls
  }
}

void LoadWorker::SendInFlight() {
  const LoadOptions& options = plan_.options;
  const int mine = options.in_flight / options.senders +
                   (static_cast<int>(number_) < options.in_flight % options.senders ? 1 : 0);
  for (int i = 0; i < mine; ++i) {
    const LoadTime now = std::chrono::steady_clock::now();
    uint64_t number = 0;
    if (!progress_->TakeNumber(now, &number)) {
      return;
    }
    Begin(calls_.Take(std::numeric_limits<size_t>::max()), OrderOf(number, now, now));
  }
}

void LoadWorker::Begin(LoadCall* call, const LoadOrder& order) {
  progress_->CountSent();
  MutexLock lock(stubs_mutex_);
  call->Begin(order, plan_, stubs_[order.number / senders_ % stubs_.size()]);
}

void LoadWorker::Receive() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    static_cast<QueueEvent*>(tag)->Happened(ok);
    if (IsDue() && sending_.TryLock()) {
      SendDue();
      sending_.Unlock();
    }
  }
}

void LoadWorker::Ended(LoadCall* call) {
  Record(*call);
  call->Reset();
  const LoadTime now = std::chrono::steady_clock::now();
  uint64_t number = 0;
  if (!plan_.options.arrivals.has_value() && progress_->TakeNumber(now, &number)) {
    Begin(call, OrderOf(number, now, now));
  } else {
    calls_.GiveBack(call);
  }
}

void LoadWorker::Record(const LoadCall& call) {
  const LoadOrder& order = call.order();
  const RequestClass& request_class = plan_.classes[order.request_class];
  Ending ending;
  ending.code = CodeOf(call.status());
  ending.cancelled_by_client = call.cancelled();
  ending.ended = call.ended();
  std::optional<absl::Duration> elapsed;
  if (!call.status().ok()) {
    ending.retry_after = RetryAfterOf(call.context());
    elapsed = ElapsedOf(call.context());
  } else {
    if (request_class.ReadTimes(call.answer(), &timing_)) {
      ending.timing = &timing_;
    }
    ending.checked = check_ != nullptr && SeededDraw(plan_.options.seed, DrawFor::kCheck,
                                                     order.number) < plan_.options.check;
    ending.wrong =
        ending.checked && !check_->IsRight(order.request_class, order.number, call.answer());
  }
  recorder_.Ended(order, ending, elapsed);
}

}  // namespace omserve::client
