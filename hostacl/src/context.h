// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "acl/acl_base.h"
#include "mutex.h"

namespace hostacl {

class Device;
class Stream;

// An ACL context: a device, a default stream, and the first fault of its queued work, which stays.
// Owned by Runtime's table; streams share it. Thread-safe.
class Context : public std::enable_shared_from_this<Context> {
 public:
  Context(Device* device, bool is_default) : device_(device), is_default_(is_default) {}

  Device* device() const { return device_; }
  bool is_default() const { return is_default_; }

  // Made at its first use.
  std::shared_ptr<Stream> DefaultStream() HOSTACL_EXCLUDES(mutex_);
  // Ends the default stream; breaks the circle between it and the context.
  void Close() HOSTACL_EXCLUDES(mutex_);

  // Keeps the first fault of queued work: for ever, or until it is reported, by its ReachOf.
  void Poison(aclError code, std::string message) HOSTACL_EXCLUDES(mutex_);
  // Success, or the kept fault with its message made the caller's recent one. A fault that does
  // not go beyond its task is forgotten then.
  aclError Health() HOSTACL_EXCLUDES(mutex_);
  // After this a fault stops every stream of the context. Cannot be taken back.
  void StopOnFailure() HOSTACL_EXCLUDES(mutex_);
  // True when a fault stopped the context: no task runs any more and none is taken.
  bool Stopped() const { return stopped_.load(); }

 private:
  Device* const device_;
  const bool is_default_;
  Mutex mutex_;
  std::shared_ptr<Stream> default_stream_ HOSTACL_GUARDED_BY(mutex_);
  std::atomic<bool> stopped_{false};  // it stops on failure, and has failed
  bool stop_on_failure_ HOSTACL_GUARDED_BY(mutex_) = false;
  aclError fault_ HOSTACL_GUARDED_BY(mutex_) = ACL_SUCCESS;
  std::string fault_message_ HOSTACL_GUARDED_BY(mutex_);
  aclError task_fault_ HOSTACL_GUARDED_BY(mutex_) = ACL_SUCCESS;  // reported once
  std::string task_fault_message_ HOSTACL_GUARDED_BY(mutex_);
};

}  // namespace hostacl
