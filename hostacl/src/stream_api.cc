// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The stream part of acl/acl_rt.h.
#include <algorithm>
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
  return ACL_SUCCESS;
}

}  // namespace

aclError aclrtCreateStream(aclrtStream* stream) {
  return aclrtCreateStreamWithConfig(stream, 0, 0);
}

aclError aclrtCreateStreamWithConfig(aclrtStream* stream, uint32_t priority, uint32_t flag) {
  if (stream == nullptr || priority > 7 || flag > 0x1F) {
    return Fail(ACL_ERROR_INVALID_PARAM,
                "aclrtCreateStream: null argument, priority above 7 or"
                " unknown flag");
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

aclError aclrtDestroyStream(aclrtStream stream) { return Destroy(stream, /*force=*/false); }
aclError aclrtDestroyStreamForce(aclrtStream stream) { return Destroy(stream, /*force=*/true); }

aclError aclrtSynchronizeStream(aclrtStream stream) {
  return aclrtSynchronizeStreamWithTimeout(stream, -1);
}

aclError aclrtSynchronizeStreamWithTimeout(aclrtStream handle, int32_t timeout) {
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  if (timeout == 0 || timeout < -1) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "the timeout is -1 or above 0, not ", timeout,
                "; use aclrtStreamQuery to look without waiting");
  }
  std::optional<TimePoint> deadline;
  if (timeout > 0) deadline = Clock::now() + std::chrono::milliseconds(timeout);
  if (!stream->Wait(deadline)) {
    return Fail(ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, "the stream did not end within ", timeout,
                " ms; its work goes on, so its buffers are still in use");
  }
  return stream->context()->Health();
}

aclError aclrtStreamQuery(aclrtStream handle, aclrtStreamStatus* status) {
  if (status == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtStreamQuery: null argument");
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  *status = stream->Idle() ? ACL_STREAM_STATUS_COMPLETE : ACL_STREAM_STATUS_NOT_READY;
  return ACL_SUCCESS;
}

aclError aclrtStreamWaitEvent(aclrtStream handle, aclrtEvent event_handle) {
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
  stream->Submit([event, number](TaskTime* time) -> aclError {
    TimePoint recorded = {};
    event->Wait(number, std::nullopt, &recorded);
    time->end = std::max(time->end, recorded);
    return ACL_SUCCESS;
  });
  return ACL_SUCCESS;
}
