// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_call.h"

#include <grpc/support/time.h>

#include <utility>

#include "client/load/seeded_draw.h"

namespace omserve::client {
namespace {

gpr_timespec After(absl::Duration span) {
  return gpr_time_from_nanos(absl::ToInt64Nanoseconds(span), GPR_TIMESPAN);
}

}  // namespace

LoadCall::LoadCall(Owner* owner, grpc::CompletionQueue* queue)
    : owner_(owner), queue_(queue), next_{{this, Step::kStarted},  {this, Step::kWritten},
                                          {this, Step::kReadDue},  {this, Step::kRead},
                                          {this, Step::kFinished}, {this, Step::kCancelDue}} {}

void LoadCall::Begin(const LoadOrder& order, const LoadPlan& plan, grpc::GenericStub& stub) {
  order_ = order;
  class_ = &plan.classes[order.request_class];
  const ClassSpec& spec = class_->spec();
  cancelled_ = false;
  answer_.Clear();
  grpc::ClientContext& context = context_.emplace();
  class_->Prepare(&context);
  const uint64_t seed = plan.options.seed;
  const bool cancel =
      spec.cancel > 0 && SeededDraw(seed, DrawFor::kCancel, order.number) < spec.cancel;
  awaited_ = cancel ? 2 : 1;
  if (cancel) {
    // It may ring before the call begins, which cancels the call as well.
    cancel_due_.emplace();
    cancel_due_->Set(
        queue_, After(spec.cancel_within * SeededDraw(seed, DrawFor::kCancelTime, order.number)),
        Tag(Step::kCancelDue));
  }
  if (spec.read_after > absl::ZeroDuration()) {
    stream_ = stub.PrepareCall(&context, class_->path(), queue_);
    stream_->StartCall(Tag(Step::kStarted));
    return;
  }
  reader_ = stub.PrepareUnaryCall(&context, class_->path(), class_->body(order.number), queue_);
  reader_->StartCall();
  reader_->Finish(&answer_, &status_, Tag(Step::kFinished));
}

void LoadCall::Reset() {
  cancel_due_.reset();
  read_due_.reset();
  reader_.reset();
  stream_.reset();
  context_.reset();
}

// Every event but the last of a chain starts the next, so that 'awaited_' stays as it is.
void LoadCall::GoOn(Step step, bool ok) {
  if (!ok) {
    stream_->Finish(&status_, Tag(Step::kFinished));
    return;
  }
  switch (step) {
    case Step::kStarted:
      stream_->WriteLast(class_->body(order_.number), grpc::WriteOptions(), Tag(Step::kWritten));
      return;
    case Step::kWritten:
      read_due_.emplace();
      read_due_->Set(queue_, After(class_->spec().read_after), Tag(Step::kReadDue));
      return;
    case Step::kReadDue:
      stream_->Read(&answer_, Tag(Step::kRead));
      return;
    default:
      stream_->Finish(&status_, Tag(Step::kFinished));
  }
}

void LoadCall::Happened(Step step, bool ok) {
  if (step != Step::kFinished && step != Step::kCancelDue) {
    GoOn(step, ok);
    return;
  }
  const bool last = --awaited_ == 0;
  if (step == Step::kCancelDue) {
    // 'ok' says that it rang; it is called off when the request ends first.
    if (ok && !last) {
      cancelled_ = true;
      context_->TryCancel();
    }
  } else {
    ended_ = std::chrono::steady_clock::now();
    if (!last) cancel_due_->Cancel();
  }
  if (last) owner_->Ended(this);
}

}  // namespace omserve::client
