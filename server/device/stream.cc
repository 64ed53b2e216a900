// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/stream.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"

namespace omserve {
namespace {

// ACL's unit; at least 1, because 0 has another meaning.
int32_t Milliseconds(absl::Duration timeout) {
  return static_cast<int32_t>(std::clamp<int64_t>(absl::ToInt64Milliseconds(timeout), 1,
                                                  std::numeric_limits<int32_t>::max()));
}

}  // namespace

absl::StatusOr<Stream> Stream::Create(const Device& device) {
  aclrtStream stream = nullptr;
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(device.api(), device.api().aclrtCreateStream(&stream), "making a stream"));
  return Stream(&device.api(), stream);
}

Stream::~Stream() {
  if (stream_ != nullptr) api_->aclrtDestroyStream(stream_);
}

absl::Status Stream::Copy(std::byte* to, const std::byte* from, size_t bytes, aclrtMemcpyKind kind,
                          const char* what) {
  if (bytes == 0) return absl::OkStatus();
  return AclStatus(*api_, api_->aclrtMemcpyAsync(to, bytes, from, bytes, kind, stream_), what);
}

absl::Status Stream::CopyToDevice(std::byte* device, const std::byte* host, size_t bytes) {
  return Copy(device, host, bytes, ACL_MEMCPY_HOST_TO_DEVICE, "copying to the device");
}

absl::Status Stream::CopyToHost(std::byte* host, const std::byte* device, size_t bytes) {
  return Copy(host, device, bytes, ACL_MEMCPY_DEVICE_TO_HOST, "copying from the device");
}

bool Stream::CanCopyOnDevice(const std::byte* to, const std::byte* from) {
  constexpr uintptr_t kBoundary = 64;
  return reinterpret_cast<uintptr_t>(to) % kBoundary == 0 &&
         reinterpret_cast<uintptr_t>(from) % kBoundary == 0;
}

absl::Status Stream::CopyOnDevice(std::byte* to, const std::byte* from, size_t bytes) {
  return Copy(to, from, bytes, ACL_MEMCPY_DEVICE_TO_DEVICE, "copying on the device");
}

absl::Status Stream::Zero(std::byte* device, size_t bytes) {
  if (bytes == 0) return absl::OkStatus();
  return AclStatus(*api_, api_->aclrtMemsetAsync(device, bytes, 0, bytes, stream_),
                   "clearing device memory");
}

absl::Status Stream::Record(Event& event) {
  return AclStatus(*api_, api_->aclrtRecordEvent(event.event_, stream_), "recording an event");
}

absl::Status Stream::WaitFor(const Event& event) {
  return AclStatus(*api_, api_->aclrtStreamWaitEvent(stream_, event.event_),
                   "making a stream wait");
}

absl::Status Stream::Synchronize(const Event& event, absl::Duration timeout) {
  if (api_->aclrtSynchronizeEventWithTimeout == nullptr) return Synchronize(timeout);
  return AclStatus(*api_,
                   api_->aclrtSynchronizeEventWithTimeout(event.event_, Milliseconds(timeout)),
                   "device work");
}

absl::Status Stream::Synchronize(absl::Duration timeout) {
  return AclStatus(*api_, api_->aclrtSynchronizeStreamWithTimeout(stream_, Milliseconds(timeout)),
                   "device work");
}

}  // namespace omserve
