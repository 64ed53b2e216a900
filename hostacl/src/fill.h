// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "acl/acl_base.h"
#include "arena.h"
#include "device.h"
#include "stream.h"

namespace hostacl {

// One filling of memory: checked and pinned by Prepare, until its end. Owned by its call or its
// task. Single-thread: handed from the caller to the stream.
class Fill {
 public:
  Fill(void* to, int32_t value, size_t count) : to_(to), value_(value), count_(count) {}
  // Takes over what the other one has pinned.
  Fill(Fill&& other) noexcept;
  ~Fill();
  Fill(const Fill&) = delete;
  Fill& operator=(const Fill&) = delete;

  // `queue` as for Copy. The memory is a device's, or page-locked; `room` is what the caller says
  // that it holds. `function` names the call in messages.
  aclError Prepare(const char* function, size_t room, const Stream* queue);
  void Run() const;

 private:
  void* const to_;
  const int32_t value_;
  const size_t count_;
  uint8_t* bytes_ = nullptr;
  Device* owner_ = nullptr;  // holds range_ when set
  PinnedRange range_;
  bool host_pinned_ = false;
};

}  // namespace hostacl
