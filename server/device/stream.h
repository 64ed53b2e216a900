// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/device/acl_api.h"
#include "server/device/device.h"
#include "server/device/event.h"

namespace omserve {

// A queue of device work that runs in order. The calls only queue; errors of the work itself come
// out of a wait. Threads that use it are bound to the device; one at a time queues. Move-only,
// thread-compatible.
class Stream {
 public:
  // The calling thread must be bound to 'device', which must outlive the stream.
  static absl::StatusOr<Stream> Create(const Device& device);
  Stream(Stream&& other) noexcept
      : api_(other.api_), stream_(std::exchange(other.stream_, nullptr)) {}
  Stream& operator=(Stream&& other) noexcept {
    std::swap(api_, other.api_);
    std::swap(stream_, other.stream_);
    return *this;
  }
  // REQUIRES: the queued work has ended.
  ~Stream();

  // 'host' must be page-locked and, like the device memory, stay as it is until the work is done.
  absl::Status CopyToDevice(std::byte* device, const std::byte* host, size_t bytes);
  absl::Status CopyToHost(std::byte* host, const std::byte* device, size_t bytes);
  // REQUIRES: CanCopyOnDevice(to, from): the hardware copies between 64-byte boundaries only.
  static bool CanCopyOnDevice(const std::byte* to, const std::byte* from);
  absl::Status CopyOnDevice(std::byte* to, const std::byte* from, size_t bytes);
  absl::Status Zero(std::byte* device, size_t bytes);

  absl::Status Record(Event& event);
  // What is queued here later starts after 'event', which must have been recorded.
  absl::Status WaitFor(const Event& event);

  // Blocks until 'event', recorded in this stream, has happened, and gives the first error of the
  // work before it. IsWaitTimeout() when it has not happened in time.
  absl::Status Synchronize(const Event& event, absl::Duration timeout);
  // The same for everything that is queued.
  absl::Status Synchronize(absl::Duration timeout);

  aclrtStream handle() const { return stream_; }

 private:
  Stream(const AclApi* api, aclrtStream stream) : api_(api), stream_(stream) {}
  absl::Status Copy(std::byte* to, const std::byte* from, size_t bytes, aclrtMemcpyKind kind,
                    const char* what);

  const AclApi* api_;
  aclrtStream stream_;
};

}  // namespace omserve
