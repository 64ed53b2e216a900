// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The event part of acl/acl_rt.h.
#include <chrono>
#include <memory>
#include <optional>

#include "acl/acl_rt.h"
#include "failure.h"
#include "runtime.h"

using hostacl::Clock;
using hostacl::Context;
using hostacl::Event;
using hostacl::Fail;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TaskTime;
using hostacl::TimePoint;

namespace {

constexpr uint32_t kAllFlags = ACL_EVENT_SYNC | ACL_EVENT_CAPTURE_STREAM_PROGRESS |
                               ACL_EVENT_TIME_LINE | ACL_EVENT_EXTERNAL | ACL_EVENT_IPC;

aclError Create(aclrtEvent* event, Event::Kind kind, uint32_t flags) {
  if (event == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtCreateEvent: null argument");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  if (kind != Event::Kind::kPlain && (flags == 0 || (flags & ~kAllFlags) != 0)) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtCreateEvent: unknown flags ", flags);
  }
  *event = Runtime::Get().events().Insert(std::make_shared<Event>(kind, flags));
  return ACL_SUCCESS;
}

// The event of a call that needs a context.
aclError FindEvent(aclrtEvent handle, std::shared_ptr<Event>* event) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  return Runtime::Get().FindEvent(handle, event);
}

}  // namespace

aclError aclrtCreateEvent(aclrtEvent* event) { return Create(event, Event::Kind::kPlain, 0); }

aclError aclrtCreateEventWithFlag(aclrtEvent* event, uint32_t flag) {
  return Create(event, Event::Kind::kFlag, flag);
}

aclError aclrtCreateEventExWithFlag(aclrtEvent* event, uint32_t flag) {
  return Create(event, Event::Kind::kExFlag, flag);
}

aclError aclrtDestroyEvent(aclrtEvent handle) {
  std::shared_ptr<Event> event;
  if (const aclError error = FindEvent(handle, &event)) return error;
  Runtime::Get().events().Remove(handle);  // tasks that are queued keep it
  return ACL_SUCCESS;
}

aclError aclrtRecordEvent(aclrtEvent handle, aclrtStream stream_handle) {
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
  stream->Submit([event, number, virtual_time](TaskTime* time) -> aclError {
    event->Complete(number, virtual_time ? time->ready : Clock::now());
    return ACL_SUCCESS;
  });
  return ACL_SUCCESS;
}

aclError aclrtQueryEvent(aclrtEvent handle, aclrtEventStatus* status) {
  if (status == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtQueryEvent: null argument");
  std::shared_ptr<Event> event;
  if (const aclError error = FindEvent(handle, &event)) return error;
  *status = event->IsComplete() ? ACL_EVENT_STATUS_COMPLETE : ACL_EVENT_STATUS_NOT_READY;
  return ACL_SUCCESS;
}

aclError aclrtQueryEventStatus(aclrtEvent handle, aclrtEventRecordedStatus* status) {
  if (status == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtQueryEventStatus: null argument");
  }
  std::shared_ptr<Event> event;
  if (const aclError error = FindEvent(handle, &event)) return error;
  *status = event->IsComplete() ? ACL_EVENT_RECORDED_STATUS_COMPLETE
                                : ACL_EVENT_RECORDED_STATUS_NOT_READY;
  return ACL_SUCCESS;
}

aclError aclrtSynchronizeEvent(aclrtEvent event) {
  return aclrtSynchronizeEventWithTimeout(event, -1);
}

aclError aclrtSynchronizeEventWithTimeout(aclrtEvent handle, int32_t timeout) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Event> event;
  if (const aclError error = Runtime::Get().FindEvent(handle, &event)) return error;
  if (timeout == 0 || timeout < -1) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "the timeout is -1 or above 0, not ", timeout);
  }
  const uint64_t number = event->last_record();
  if (number == 0) {
    if (event->IsComplete()) return ACL_SUCCESS;
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtSynchronizeEvent: the event was never recorded,"
                " so the wait would not end");
  }
  std::optional<TimePoint> deadline;
  if (timeout > 0) deadline = Clock::now() + std::chrono::milliseconds(timeout);
  if (!event->Wait(number, deadline, nullptr)) {
    return Fail(ACL_ERROR_RT_EVENT_SYNC_TIMEOUT, "the event was not reached within ", timeout,
                " ms; the work before it goes on");
  }
  return context->Health();
}

aclError aclrtEventElapsedTime(float* ms, aclrtEvent start_handle, aclrtEvent end_handle) {
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
