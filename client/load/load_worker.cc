// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_worker.h"

#include <grpc/support/time.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "client/load/answer_timing.h"
#include "client/load/seeded_draw.h"

namespace omserve::client {
namespace {

constexpr absl::Duration kLate = absl::Milliseconds(1);
constexpr char kRetryAfter[] = "retry-after-ms";
constexpr char kElapsed[] = "elapsed-us";  // at the server, of what has no Timing

// The numbers are the same; one that gRPC does not know is UNKNOWN.
absl::StatusCode ToAbsl(grpc::StatusCode code) {
  const int number = static_cast<int>(code);
  return number >= 0 && number <= static_cast<int>(grpc::StatusCode::UNAUTHENTICATED)
             ? static_cast<absl::StatusCode>(number)
             : absl::StatusCode::kUnknown;
}

// A number from the trailing metadata, in 'unit'.
std::optional<absl::Duration> Trailing(const grpc::ClientContext& context, const char* key,
                                       absl::Duration unit) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(key);
  double number = 0;
  if (found == trailers.end() ||
      !absl::SimpleAtod(absl::string_view(found->second.data(), found->second.size()), &number)) {
    return std::nullopt;
  }
  return number * unit;
}

// Wakes within microseconds of 'due', not within the 50 that Linux grants itself by default.
void WaitUntil(LoadTime due) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  for (LoadTime now = std::chrono::steady_clock::now(); now < due;
       now = std::chrono::steady_clock::now()) {
    never.WaitFor(mutex, absl::FromChrono(due - now));
  }
}

}  // namespace

// One request in flight, or an object that waits for the next one. Its owner is the receiving
// thread, but for the first ones of a closed loop, until those begin.
struct LoadWorker::Call {
  Event finished{this, false};
  Event alarm_rang{this, true};
  std::optional<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
  std::optional<grpc::Alarm> alarm;  // rings when the request is to be cancelled
  grpc::ByteBuffer answer;
  grpc::Status status;
  std::atomic<int> events = 0;  // that are still to come
  bool cancelled = false;
  uint64_t number = 0;
  size_t request_class = 0;
  LoadTime scheduled;
  LoadTime sent;
  LoadTime ended;
};

LoadWorker::LoadWorker(const LoadPlan& plan, int number,
                       const std::vector<std::shared_ptr<grpc::Channel>>& channels,
                       LoadProgress* progress)
    : plan_(plan),
      number_(static_cast<uint64_t>(number)),
      progress_(progress),
      next_due_(static_cast<uint64_t>(number)) {
  for (const std::shared_ptr<grpc::Channel>& channel : channels) {
    stubs_.emplace_back(channel);
  }
  stats_.classes.resize(plan.classes.size());
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

bool LoadWorker::WaitUntilDone(absl::Duration patience) {
  MutexLock lock(mutex_);
  if (!done_) {
    done_changed_.WaitFor(mutex_, patience);
  }
  return done_;
}

WorkerStats LoadWorker::TakeStats() {
  sender_.join();
  receiver_.join();
  return std::move(stats_);
}

void LoadWorker::Send() {
  if (plan_.options.arrivals.has_value()) {
    SendOnTime();
  } else {
    SendInFlight();
  }
  MutexLock lock(mutex_);
  while (free_.size() < calls_.size()) {
    all_free_.WaitFor(mutex_, absl::Seconds(1));
  }
  queue_.Shutdown();
  done_ = true;
  done_changed_.NotifyAll();
}

// Wakes the other thread whenever something is due that it has not sent by itself.
void LoadWorker::SendOnTime() {
  prctl(PR_SET_TIMERSLACK, 1);  // nanoseconds
  for (uint64_t number = next_due_; number < plan_.schedule.size(); number = next_due_) {
    WaitUntil(plan_.begin + plan_.schedule[number]);
    if (next_due_ != number) {
      continue;
    }
    MutexLock lock(mutex_);
    woken_ = false;
    // A time that is past rings at once; gRPC would round the present up to a millisecond.
    tick_.Set(&queue_, gpr_inf_past(GPR_CLOCK_MONOTONIC), &due_);
    while (!woken_) {
      woken_changed_.WaitFor(mutex_, absl::Seconds(1));
    }
  }
}

void LoadWorker::SendDue() {
  const auto senders = static_cast<uint64_t>(plan_.options.senders);
  const int limit = std::max(1, plan_.options.max_in_flight / plan_.options.senders);
  uint64_t number = next_due_;
  for (; number < plan_.schedule.size(); number += senders) {
    const LoadTime due = plan_.begin + plan_.schedule[number];
    const LoadTime now = std::chrono::steady_clock::now();
    if (now < due) {
      break;
    }
    Call* const call = Acquire(limit);
    const bool measured = number >= static_cast<uint64_t>(plan_.options.warmup);
    if (call == nullptr) {
      progress_->CountNotSent();
      if (measured) {
        stats_.classes[plan_.ClassOf(number)].RecordNotSent();
      }
      continue;
    }
    Begin(call, number, due, now);
    if (measured) {
      stats_.last_sent = now;
      const absl::Duration lateness = absl::FromChrono(now - due);
      stats_.lateness.Record(lateness);
      stats_.late += lateness > kLate ? 1 : 0;
    }
  }
  next_due_ = number;
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
    Begin(Acquire(mine), number, now, now);
  }
}

void LoadWorker::Begin(Call* call, uint64_t number, LoadTime scheduled, LoadTime sent) {
  const size_t which = plan_.ClassOf(number);
  const RequestClass& request_class = plan_.classes[which];
  const ClassSpec& spec = request_class.spec();
  call->number = number;
  call->request_class = which;
  call->scheduled = scheduled;
  call->sent = sent;
  call->cancelled = false;
  call->answer.Clear();
  grpc::ClientContext& context = call->context.emplace();
  request_class.Prepare(&context);
  plan_.options.access.Sign(context);
  const uint64_t seed = plan_.options.seed;
  const bool cancel = spec.cancel > 0 && SeededDraw(seed, DrawFor::kCancel, number) < spec.cancel;
  progress_->CountSent();
  call->events = cancel ? 2 : 1;
  if (cancel) {
    const absl::Duration after =
        spec.cancel_within * SeededDraw(seed, DrawFor::kCancelTime, number);
    // It may ring before the call begins, which cancels the call as well.
    call->alarm.emplace();
    call->alarm->Set(&queue_, gpr_time_from_nanos(absl::ToInt64Nanoseconds(after), GPR_TIMESPAN),
                     &call->alarm_rang);
  }
  grpc::GenericStub& stub =
      stubs_[number / static_cast<uint64_t>(plan_.options.senders) % stubs_.size()];
  call->reader =
      stub.PrepareUnaryCall(&context, request_class.path(), request_class.body(number), &queue_);
  call->reader->StartCall();
  // The call may end, and its object be used again, before this returns.
  call->reader->Finish(&call->answer, &call->status, &call->finished);
}

void LoadWorker::Receive() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
    if (tag != &due_) {
      Handle(static_cast<Event*>(tag), ok);
    }
    if (plan_.options.arrivals.has_value()) {
      SendDue();
    }
    if (tag == &due_) {
      MutexLock lock(mutex_);
      woken_ = true;
      woken_changed_.NotifyAll();
    }
  }
}

void LoadWorker::Handle(Event* event, bool ok) {
  Call* const call = event->call;
  const bool last = call->events.fetch_sub(1) == 1;
  if (event->is_alarm) {
    // 'ok' says that it rang; it is called off when the request ends first.
    if (ok && !last) {
      call->cancelled = true;
      call->context->TryCancel();
    }
  } else {
    call->ended = std::chrono::steady_clock::now();
    if (!last) {
      call->alarm->Cancel();
    }
  }
  if (!last) {
    return;
  }
  progress_->CountEnded(call->status.ok());
  if (call->status.ok() && call->ended >= progress_->measured_begin() &&
      call->ended <= progress_->send_end()) {
    ++stats_.steady_ok;
  }
  if (call->number >= static_cast<uint64_t>(plan_.options.warmup)) {
    Record(*call);
  }
  call->alarm.reset();
  call->reader.reset();
  call->context.reset();
  const LoadTime now = std::chrono::steady_clock::now();
  uint64_t number = 0;
  if (!plan_.options.arrivals.has_value() && progress_->TakeNumber(now, &number)) {
    Begin(call, number, now, now);
  } else {
    Release(call);
  }
}

void LoadWorker::Record(const Call& call) {
  const RequestClass& request_class = plan_.classes[call.request_class];
  Ending ending;
  ending.code = ToAbsl(call.status.error_code());
  ending.cancelled_by_client = call.cancelled;
  ending.scheduled = call.scheduled;
  ending.sent = call.sent;
  ending.ended = call.ended;
  ending.limit = request_class.limit();
  if (call.status.ok()) {
    if (ReadTiming(call.answer, request_class.timing_field(), &timing_)) {
      ending.timing = &timing_;
    } else {
      timing_.Clear();
    }
    const absl::Duration latency = absl::FromChrono(call.ended - call.scheduled);
    if (stats_.slowest.Wants(latency)) {
      stats_.slowest.Add({.latency = latency,
                          .sent_latency = absl::FromChrono(call.ended - call.sent),
                          .at = absl::FromChrono(call.scheduled - progress_->measured_begin()),
                          .number = call.number,
                          .request_class = call.request_class,
                          .timing = timing_});
    }
  } else {
    ending.retry_after = Trailing(*call.context, kRetryAfter, absl::Milliseconds(1));
  }
  stats_.classes[call.request_class].Record(ending);
  if (plan_.options.records) {
    stats_.records.push_back(MakeRecord(call.number, call.request_class, ending,
                                        Trailing(*call.context, kElapsed, absl::Microseconds(1))));
  }
  stats_.last_sent = std::max(stats_.last_sent, call.sent);
  stats_.last_ended = std::max(stats_.last_ended, call.ended);
}

LoadWorker::Call* LoadWorker::Acquire(int limit) {
  MutexLock lock(mutex_);
  if (free_.empty()) {
    if (calls_.size() >= static_cast<size_t>(limit)) {
      return nullptr;
    }
    return calls_.emplace_back(std::make_unique<Call>()).get();
  }
  Call* const call = free_.back();
  free_.pop_back();
  return call;
}

void LoadWorker::Release(Call* call) {
  MutexLock lock(mutex_);
  free_.push_back(call);
  if (free_.size() == calls_.size()) {
    all_free_.NotifyAll();
  }
}

}  // namespace omserve::client
