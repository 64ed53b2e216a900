// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "context.h"

#include <utility>

#include "device.h"
#include "failure.h"
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
  fault_ = code;
  fault_message_ = std::move(message);
}

void Context::StopOnFailure() {
  MutexLock lock(&mutex_);
  stop_on_failure_ = true;
}

bool Context::Stopped() {
  MutexLock lock(&mutex_);
  return stop_on_failure_ && fault_ != ACL_SUCCESS;
}

aclError Context::Health() {
  MutexLock lock(&mutex_);
  if (fault_ == ACL_SUCCESS) return ACL_SUCCESS;
  return Fail(fault_,
              "queued work of this context failed (the context stays faulty until it is"
              " destroyed): ",
              fault_message_);
}

}  // namespace hostacl
