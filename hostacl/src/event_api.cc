// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The event part of acl/acl_rt.h.
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "acl/acl_rt.h"
#include "call.h"
#include "failure.h"
#include "runtime.h"

using hostacl::CallKind;
using hostacl::Clock;
using hostacl::Context;
using hostacl::EnterCall;
using hostacl::Event;
using hostacl::Fail;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TaskTime;
using hostacl::TimePoint;
using hostacl::WaitResult;

namespace {

constexpr size_t kMostEvents = 65536;
constexpr uint32_t kAllFlags = ACL_EVENT_SYNC | ACL_EVENT_CAPTURE_STREAM_PROGRESS |
                               ACL_EVENT_TIME_LINE | ACL_EVENT_EXTERNAL | ACL_EVENT_IPC;

aclError Create(aclrtEvent* event, Event::Kind kind, uint32_t flags) {
  if (event == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtCreateEvent: null argument");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  if (kind != Event::Kind::kPlain && (flags == 0 || (flags & ~kAllFlags) != 0)) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtCreateEvent: unknown flags ", flags);
  }
  const auto lone = [flags](uint32_t flag) { return (flags & flag) != 0 && flags != flag; };
  if (lone(ACL_EVENT_EXTERNAL) || lone(ACL_EVENT_IPC)) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtCreateEvent: ACL_EVENT_EXTERNAL and ACL_EVENT_IPC go with no other flag");
  }
  std::atomic<size_t>& in_use = context->device()->events();
  if (in_use.load() >= kMostEvents) {
    return Fail(ACL_ERROR_RT_NO_EVENT_RESOURCE, "device ", context->device()->id(),
                " has its most events: ", kMostEvents);
  }
  *event = Runtime::Get().events().Insert(std::make_shared<Event>(kind, flags, &in_use));
  return ACL_SUCCESS;
}

// The event of a call that needs a context.
aclError FindEvent(aclrtEvent handle, std::shared_ptr<Event>* event) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  return Runtime::Get().FindEvent(handle, event);
}

}  // namespace

aclError aclrtCreateEvent(aclrtEvent* event) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Create(event, Event::Kind::kPlain, 0);
}

aclError aclrtCreateEventWithFlag(aclrtEvent* event, uint32_t flag) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Create(event, Event::Kind::kFlag, flag);
}

aclError aclrtCreateEventExWithFlag(aclrtEvent* event, uint32_t flag) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Create(event, Event::Kind::kExFlag, flag);
}

aclError aclrtDestroyEvent(aclrtEvent handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Event> event;
  if (const aclError error = FindEvent(handle, &event)) return error;
  Runtime::Get().events().Remove(handle);  // tasks that are queued keep it
  return ACL_SUCCESS;
}

aclError aclrtRecordEvent(aclrtEvent handle, aclrtStream stream_handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(stream_handle, context, &stream)) {
    return error;
  }
  std::shared_ptr<Event> event;
  if (const aclError error = Runtime::Get().FindEvent(handle, &event)) return error;
  const uint64_t number = event->BeginRecord();
  const bool virtual_time = context->device()->profile() != nullptr;
  const auto mark = [number, virtual_time, marked = event.get()](TaskTime* time) -> aclError {
    marked->Complete(number, virtual_time ? time->ready : Clock::now());
    return ACL_SUCCESS;
  };
  if (stream->TryRun([&mark](TaskTime* time) { return mark(time); })) return ACL_SUCCESS;
  return stream->Submit([event, mark](TaskTime* time) { return mark(time); },
                        [event, number] { event->Drop(number); });
}

aclError aclrtResetEvent(aclrtEvent handle, aclrtStream stream_handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(stream_handle, context, &stream)) {
    return error;
  }
  std::shared_ptr<Event> event;
  if (const aclError error = Runtime::Get().FindEvent(handle, &event)) return error;
  if (event->kind() != Event::Kind::kFlag || !event->Has(ACL_EVENT_SYNC)) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtResetEvent: only for an event of aclrtCreateEventWithFlag with"
                " ACL_EVENT_SYNC");
  }
  const uint64_t number = event->last_record();
  return stream->Submit([event, number](TaskTime*) -> aclError {
    event->Reset(number);
    return ACL_SUCCESS;
  });
}

aclError aclrtQueryEventWaitStatus(aclrtEvent handle, aclrtEventWaitStatus* status) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (status == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtQueryEventWaitStatus: null argument");
  }
  std::shared_ptr<Event> event;
  if (const aclError error = FindEvent(handle, &event)) return error;
  if (event->kind() == Event::Kind::kExFlag) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtQueryEventWaitStatus: not for an event of aclrtCreateEventExWithFlag");
  }
  *status =
      event->AllWaitsEnded() ? ACL_EVENT_WAIT_STATUS_COMPLETE : ACL_EVENT_WAIT_STATUS_NOT_READY;
  return ACL_SUCCESS;
}

aclError aclrtQueryEvent(aclrtEvent handle, aclrtEventStatus* status) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (status == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtQueryEvent: null argument");
  std::shared_ptr<Event> event;
  if (const aclError error = FindEvent(handle, &event)) return error;
  if (event->kind() == Event::Kind::kExFlag) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtQueryEvent: not for an event of aclrtCreateEventExWithFlag; use"
                " aclrtQueryEventStatus");
  }
  *status = event->IsComplete() ? ACL_EVENT_STATUS_COMPLETE : ACL_EVENT_STATUS_NOT_READY;
  return ACL_SUCCESS;
}

aclError aclrtQueryEventStatus(aclrtEvent handle, aclrtEventRecordedStatus* status) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (status == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtQueryEventStatus: null argument");
  }
  std::shared_ptr<Event> event;
  if (const aclError error = FindEvent(handle, &event)) return error;
  *status = event->IsComplete() ? ACL_EVENT_RECORDED_STATUS_COMPLETE
                                : ACL_EVENT_RECORDED_STATUS_NOT_READY;
  return ACL_SUCCESS;
}

namespace {

aclError Synchronize(aclrtEvent handle, std::optional<TimePoint> deadline) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Event> event;
  if (const aclError error = Runtime::Get().FindEvent(handle, &event)) return error;
  const uint64_t number = event->last_record();
  if (number == 0) {
    if (event->IsComplete()) return ACL_SUCCESS;
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtSynchronizeEvent: the event was never recorded,"
                " so the wait would not end");
  }
  switch (event->Wait(number, deadline, nullptr)) {
    case WaitResult::kTimeout:
      return Fail(ACL_ERROR_RT_EVENT_SYNC_TIMEOUT,
                  "the event was not reached in time; the work before it goes on");
    case WaitResult::kAborted:
      return Fail(ACL_ERROR_RT_STREAM_ABORT, "the stream that records the event was aborted");
    case WaitResult::kDone:
      break;
  }
  return context->Health();
}

}  // namespace

aclError aclrtSynchronizeEvent(aclrtEvent event) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Synchronize(event, std::nullopt);
}

aclError aclrtSynchronizeEventWithTimeout(aclrtEvent event, int32_t timeout) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (timeout == 0 || timeout < -1) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "the timeout is -1 or above 0, not ", timeout);
  }
  std::optional<TimePoint> deadline;
  if (timeout > 0) deadline = Clock::now() + std::chrono::milliseconds(timeout);
  return Synchronize(event, deadline);
}

aclError aclrtEventElapsedTime(float* ms, aclrtEvent start_handle, aclrtEvent end_handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (ms == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtEventElapsedTime: null argument");
  std::shared_ptr<Event> start;
  std::shared_ptr<Event> end;
  if (const aclError error = FindEvent(start_handle, &start)) return error;
  if (const aclError error = FindEvent(end_handle, &end)) return error;
  const std::optional<TimePoint> from = start->CompletedAt();
  const std::optional<TimePoint> to = end->CompletedAt();
  if (!start->Has(ACL_EVENT_TIME_LINE) || !end->Has(ACL_EVENT_TIME_LINE) || !from || !to) {
    return Fail(ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID,
                "aclrtEventElapsedTime: an event lacks the"
                " flag ACL_EVENT_TIME_LINE, or its record is not complete");
  }
  if (*to < *from) {
    return Fail(ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL,
                "aclrtEventElapsedTime: the end event is"
                " earlier than the start event");
  }
  *ms = std::chrono::duration<float, std::milli>(*to - *from).count();
  return ACL_SUCCESS;
}
