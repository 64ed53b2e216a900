// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <utility>

#include "device.h"
#include "failure.h"
#include "fault_reach.h"
#include "stream.h"

namespace hostacl {

std::shared_ptr<Stream> Context::DefaultStream() {
  MutexLock lock(&mutex_);
  if (default_stream_ == nullptr) {
    default_stream_ = std::make_shared<Stream>(shared_from_this(), device_->profile() != nullptr);
  }
  return default_stream_;
}

void Context::Close() {
  std::shared_ptr<Stream> stream;
  {
    MutexLock lock(&mutex_);
    stream.swap(default_stream_);
  }
  if (stream != nullptr) stream->Stop();
}

void Context::Poison(aclError code, std::string message) {
  MutexLock lock(&mutex_);
  if (fault_ != ACL_SUCCESS) return;
  if (ReachOf(code) == FaultReach::kTask) {
    if (task_fault_ != ACL_SUCCESS) return;
    task_fault_ = code;
    task_fault_message_ = std::move(message);
    return;
  }
  fault_ = code;
  fault_message_ = std::move(message);
  stopped_.store(stop_on_failure_);
}

void Context::StopOnFailure() {
  MutexLock lock(&mutex_);
  stop_on_failure_ = true;
  stopped_.store(fault_ != ACL_SUCCESS);
}

aclError Context::Health() {
  MutexLock lock(&mutex_);
  if (fault_ == ACL_SUCCESS) {
    if (task_fault_ == ACL_SUCCESS) return ACL_SUCCESS;
    const aclError code = task_fault_;
    task_fault_ = ACL_SUCCESS;
    return Fail(code, "queued work failed (later work is sound): ", task_fault_message_);
  }
  return Fail(fault_,
              "queued work of this context failed (the context stays faulty until it is"
              " destroyed): ",
              fault_message_);
}

}  // namespace hostacl
