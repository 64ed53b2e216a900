// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The stream part of acl/acl_rt.h.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

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

constexpr size_t kMostStreams = 1984;

aclError FindInCurrent(aclrtStream handle, std::shared_ptr<Stream>* stream) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  return Runtime::Get().FindStream(handle, context, stream);
}

aclError Destroy(aclrtStream handle, bool force) {
  if (handle == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtDestroyStream: null stream");
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  if (!force && !stream->Idle()) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtDestroyStream: the stream still has work;"
                " synchronise it first");
  }
  Runtime::Get().streams().Remove(handle);
  stream->Stop();
  if (const auto reports = stream->reports()) {
    Runtime::Get().report_threads().Unsubscribe(reports->thread());
  }
  return ACL_SUCCESS;
}

}  // namespace

namespace {

aclError Create(aclrtStream* stream, uint32_t priority, uint32_t flag) {
  if (stream == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtCreateStream: null argument");
  if (priority > 7 || flag > 0x1F) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtCreateStream: priority above 7 or unknown flag");
  }
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  size_t count = 0;
  for (const auto& other : Runtime::Get().streams().All()) {
    count += other->context()->device() == context->device() ? 1 : 0;
  }
  if (count >= kMostStreams) {
    return Fail(ACL_ERROR_RT_NO_STREAM_RESOURCE, "the device has its most streams: ", count);
  }
  const bool virtual_time = context->device()->profile() != nullptr;
  *stream = Runtime::Get().streams().Insert(std::make_shared<Stream>(context, virtual_time));
  return ACL_SUCCESS;
}

aclError Synchronize(aclrtStream handle, std::optional<TimePoint> deadline) {
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  switch (stream->Wait(deadline)) {
    case WaitResult::kTimeout:
      return Fail(ACL_ERROR_RT_STREAM_SYNC_TIMEOUT,
                  "the stream did not end in time; its work goes on, so its buffers are still in"
                  " use");
    case WaitResult::kAborted:
      return Fail(ACL_ERROR_RT_STREAM_ABORT, "the stream was aborted; its queued work is lost");
    case WaitResult::kDone:
      break;
  }
  return stream->context()->Health();
}

}  // namespace

aclError aclrtCreateStream(aclrtStream* stream) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Create(stream, 0, 0);
}

aclError aclrtCreateStreamWithConfig(aclrtStream* stream, uint32_t priority, uint32_t flag) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Create(stream, priority, flag);
}

aclError aclrtDestroyStream(aclrtStream stream) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Destroy(stream, /*force=*/false);
}
aclError aclrtDestroyStreamForce(aclrtStream stream) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Destroy(stream, /*force=*/true);
}

aclError aclrtSynchronizeStream(aclrtStream stream) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Synchronize(stream, std::nullopt);
}

aclError aclrtSynchronizeStreamWithTimeout(aclrtStream stream, int32_t timeout) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (timeout == 0 || timeout < -1) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "the timeout is -1 or above 0, not ", timeout,
                "; use aclrtStreamQuery to look without waiting");
  }
  std::optional<TimePoint> deadline;
  if (timeout > 0) deadline = Clock::now() + std::chrono::milliseconds(timeout);
  return Synchronize(stream, deadline);
}

aclError aclrtStreamQuery(aclrtStream handle, aclrtStreamStatus* status) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (status == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtStreamQuery: null argument");
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  *status = stream->Idle() ? ACL_STREAM_STATUS_COMPLETE : ACL_STREAM_STATUS_NOT_READY;
  return ACL_SUCCESS;
}

aclError aclrtStreamWaitEvent(aclrtStream handle, aclrtEvent event_handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  std::shared_ptr<Event> event;
  if (const aclError error = Runtime::Get().FindEvent(event_handle, &event)) return error;
  if (!event->Has(ACL_EVENT_SYNC)) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtStreamWaitEvent: the event lacks the flag"
                " ACL_EVENT_SYNC");
  }
  const uint64_t number = event->last_record();
  if (number == 0) return ACL_SUCCESS;  // nothing recorded yet, nothing to wait for
  const uint32_t seconds = Runtime::Get().op_wait_seconds().load();
  event->BeginWait();
  Stream::Task wait = [event, number, seconds](TaskTime* time) -> aclError {
    std::optional<TimePoint> deadline;
    if (seconds > 0) deadline = Clock::now() + std::chrono::seconds(seconds);
    TimePoint recorded = {};
    const WaitResult result = event->WaitInStream(number, deadline, time->interrupt, &recorded);
    event->EndWait();
    time->end = std::max(time->end, recorded);
    if (result != WaitResult::kTimeout) return ACL_SUCCESS;
    return Fail(ACL_ERROR_RT_WAIT_TIMEOUT, "the stream waited ", seconds,
                " s for an event (aclrtSetOpWaitTimeout)");
  };
  Stream::OnDrop drop = [event] { event->EndWait(); };
  if (event->ReachedRecord(number) && stream->TryRun(wait)) return ACL_SUCCESS;
  return stream->Submit(std::move(wait), std::move(drop));
}

aclError aclrtStreamAbort(aclrtStream handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (handle == nullptr) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtStreamAbort: not for the default stream");
  }
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  stream->Abort();
  return ACL_SUCCESS;
}

aclError aclrtSetStreamFailureMode(aclrtStream handle, uint64_t mode) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (mode != ACL_CONTINUE_ON_FAILURE && mode != ACL_STOP_ON_FAILURE) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtSetStreamFailureMode: ACL_CONTINUE_ON_FAILURE or ACL_STOP_ON_FAILURE, not ",
                mode);
  }
  if (handle == nullptr && std::string_view(aclrtGetSocName()).starts_with("Ascend310")) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtSetStreamFailureMode: not for the default stream on this SoC");
  }
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  if (!stream->ClaimFailureMode()) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtSetStreamFailureMode: a stream's mode is set once");
  }
  if (mode == ACL_STOP_ON_FAILURE) stream->context()->StopOnFailure();
  return ACL_SUCCESS;
}

aclError aclrtSetOpWaitTimeout(uint32_t timeout) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (const aclError error = Runtime::Get().CheckInitialized()) return error;
  Runtime::Get().op_wait_seconds().store(timeout);
  return ACL_SUCCESS;
}
