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
namespace {

// So many requests at most, and then so many answers at most, when there is no end to either.
constexpr int kTurn = 8;

}  // namespace

LoadWorker::LoadWorker(const LoadPlan& plan, int number, const LoadChannels& channels,
                       LoadProgress* progress, const AnswerCheck* check)
    : plan_(plan),
      number_(static_cast<uint64_t>(number)),
      senders_(static_cast<uint64_t>(plan.options.senders)),
      progress_(progress),
      check_(check),
      calls_(this, queue_.get()),
      recorder_(plan, progress),
      next_due_(static_cast<uint64_t>(number)) {
  Reconnect(channels);
}

LoadWorker::~LoadWorker() {
  if (thread_.joinable()) {
    thread_.join();
  }
}

void LoadWorker::Start() {
  thread_ = std::thread([this] { Run(); });
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
  thread_.join();
  return recorder_.Take();
}

void LoadWorker::Run() {
  WakeSharply();
  if (!plan_.options.arrivals.has_value()) {
    SendInFlight();
  }
  while (next_due_ < plan_.schedule.size() || calls_.in_use() > 0) {
    const int sent = SendDue();
    int taken = 0;
    while (queue_.Next(NextDue()) && sent == kTurn && ++taken < kTurn) {
    }
  }
  queue_.Shutdown();
  MutexLock lock(done_mutex_);
  done_ = true;
  done_changed_.NotifyAll();
}

LoadTime LoadWorker::NextDue() const {
  return next_due_ < plan_.schedule.size() ? plan_.begin + plan_.schedule[next_due_]
                                           : LoadTime::max();
}

LoadOrder LoadWorker::OrderOf(uint64_t number, LoadTime scheduled, LoadTime sent) const {
  return {.number = number,
          .request_class = plan_.ClassOf(number),
          .scheduled = scheduled,
          .sent = sent};
}

int LoadWorker::SendDue() {
  const auto limit =
      static_cast<size_t>(std::max(1, plan_.options.max_in_flight / plan_.options.senders));
  int turn = 0;
  for (LoadTime due = NextDue(); turn < kTurn; due = NextDue()) {
    const LoadTime now = std::chrono::steady_clock::now();
    if (now < due) {
      break;
    }
    const LoadOrder order = OrderOf(next_due_, due, now);
    next_due_ += senders_;
    ++turn;
    if (LoadCall* const call = calls_.Take(limit); call != nullptr) {
      Begin(call, order);
      recorder_.Sent(order);
    } else {
      recorder_.NotSent(order);
    }
  }
  return turn;
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
    queue_.Next(now);  // the first ones may have been answered
  }
}

void LoadWorker::Begin(LoadCall* call, const LoadOrder& order) {
  progress_->CountSent();
  MutexLock lock(stubs_mutex_);
  call->Begin(order, plan_, stubs_[order.number / senders_ % stubs_.size()]);
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
