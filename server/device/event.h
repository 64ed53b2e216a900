// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/device/acl_api.h"
#include "server/device/device.h"

namespace omserve {

// A mark in a stream that other streams and the host can wait for, and that has a time. It can be
// recorded again and again. Threads that use it are bound to the device. Move-only,
// thread-compatible.
class Event {
 public:
  // The calling thread must be bound to 'device', which must outlive the event.
  static absl::StatusOr<Event> Create(const Device& device);
  Event(Event&& other) noexcept : api_(other.api_), event_(std::exchange(other.event_, nullptr)) {}
  Event& operator=(Event&& other) noexcept {
    std::swap(api_, other.api_);
    std::swap(event_, other.event_);
    return *this;
  }
  ~Event();

  // Whether the last record has been reached, by a look that does not wait. False, too, where the
  // library cannot tell. Says nothing about errors of the work before.
  bool Happened() const;

  // Device time from 'start' to 'end'. REQUIRES: both have happened. Errors are ACL's.
  static absl::StatusOr<absl::Duration> Elapsed(const Event& start, const Event& end);

 private:
  friend class Stream;
  Event(const AclApi* api, aclrtEvent event) : api_(api), event_(event) {}

  const AclApi* api_;
  aclrtEvent event_;
};

}  // namespace omserve
