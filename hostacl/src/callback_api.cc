// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The callback part of acl/acl_rt.h.
#include <pthread.h>

#include <chrono>
#include <memory>
#include <optional>

#include "acl/acl_rt.h"
#include "call.h"
#include "failure.h"
#include "report.h"
#include "runtime.h"

using hostacl::CallbackScope;
using hostacl::CallKind;
using hostacl::Clock;
using hostacl::Context;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::Report;
using hostacl::ReportQueue;
using hostacl::ReportThreads;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TaskTime;
using hostacl::TimePoint;

namespace {

aclError FindInCurrent(aclrtStream handle, std::shared_ptr<Stream>* stream) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  return Runtime::Get().FindStream(handle, context, stream);
}

}  // namespace

aclError aclrtSubscribeReport(uint64_t threadId, aclrtStream handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  if (stream->reports() != nullptr) {
    return Fail(ACL_ERROR_RT_STREAM_SUBSCRIBE,
                "aclrtSubscribeReport: the stream has a callback thread already, and may have one");
  }
  auto queue = Runtime::Get().report_threads().Subscribe(threadId, stream->context()->device());
  if (queue == nullptr) {
    return Fail(ACL_ERROR_RT_THREAD_SUBSCRIBE, "aclrtSubscribeReport: thread ", threadId,
                " serves another device, or ", ReportThreads::kMost,
                " threads are subscribed; let one thread serve several streams");
  }
  stream->set_reports(std::move(queue));
  return ACL_SUCCESS;
}

aclError aclrtUnSubscribeReport(uint64_t threadId, aclrtStream handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  const std::shared_ptr<ReportQueue> queue = stream->reports();
  if (queue == nullptr) {
    return Fail(ACL_ERROR_RT_STREAM_SUBSCRIBE,
                "aclrtUnSubscribeReport: the stream has no callback thread");
  }
  if (queue->thread() != threadId) {
    return Fail(ACL_ERROR_RT_THREAD_SUBSCRIBE, "aclrtUnSubscribeReport: the stream's thread is ",
                queue->thread(), ", not ", threadId);
  }
  stream->set_reports(nullptr);
  Runtime::Get().report_threads().Unsubscribe(threadId);
  return ACL_SUCCESS;
}

aclError aclrtLaunchCallback(aclrtCallback fn, void* userData, aclrtCallbackBlockType blockType,
                             aclrtStream handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (blockType != ACL_CALLBACK_NO_BLOCK && blockType != ACL_CALLBACK_BLOCK) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtLaunchCallback: unknown block type");
  }
  if (fn == nullptr) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtLaunchCallback: null function");
  }
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  std::shared_ptr<ReportQueue> queue = stream->reports();
  if (queue == nullptr) {
    return Fail(ACL_ERROR_RT_STREAM_NO_CB_REG,
                "aclrtLaunchCallback: no thread runs this stream's callbacks; call"
                " aclrtSubscribeReport first");
  }
  auto report = std::make_shared<Report>(fn, userData);
  const bool block = blockType == ACL_CALLBACK_BLOCK;
  return stream->Submit([queue, report, block](TaskTime* time) -> aclError {
    queue->Post(report);
    if (block) report->WaitUntilRun(time->interrupt);
    return ACL_SUCCESS;
  });
}

aclError aclrtProcessReport(int32_t timeout) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (const aclError error = Runtime::Get().CheckInitialized()) return error;
  if (timeout == 0 || timeout < -1) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtProcessReport: the timeout is -1 or above 0, not ",
                timeout);
  }
  const auto queue = Runtime::Get().report_threads().Find(pthread_self());
  if (queue == nullptr) {
    return Fail(ACL_ERROR_RT_THREAD_SUBSCRIBE,
                "aclrtProcessReport: this thread is subscribed to no stream");
  }
  std::optional<TimePoint> deadline;
  if (timeout > 0) deadline = Clock::now() + std::chrono::milliseconds(timeout);
  const auto report = queue->Take(deadline);
  if (report != nullptr) {
    report->Run();
    return ACL_SUCCESS;
  }
  if (queue->closed()) {
    return Fail(ACL_ERROR_RT_THREAD_SUBSCRIBE,
                "aclrtProcessReport: this thread was unsubscribed meanwhile");
  }
  return Fail(ACL_ERROR_RT_REPORT_TIMEOUT, "aclrtProcessReport: no callback within ", timeout,
              " ms");
}

aclError aclrtLaunchHostFunc(aclrtStream handle, aclrtHostFunc fn, void* args) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (fn == nullptr) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtLaunchHostFunc: null function");
  }
  std::shared_ptr<Stream> stream;
  if (const aclError error = FindInCurrent(handle, &stream)) return error;
  if (stream->reports() != nullptr) {
    return Fail(ACL_ERROR_RT_STREAM_SUBSCRIBE,
                "aclrtLaunchHostFunc: the stream has a thread of aclrtSubscribeReport; the two"
                " kinds of callback do not mix on a stream");
  }
  // The stream's own thread is one that the program did not make, and later work waits for it.
  return stream->Submit([fn, args](TaskTime*) -> aclError {
    const CallbackScope scope("a function of aclrtLaunchHostFunc");
    fn(args);
    return ACL_SUCCESS;
  });
}
