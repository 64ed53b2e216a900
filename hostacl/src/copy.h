// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "acl/acl_rt.h"
#include "device.h"
#include "stream.h"

namespace hostacl {

class Context;

// So many are copied or filled in less time than a thread needs to wake up.
inline constexpr size_t kFewBytes = 16 << 10;

// One memory copy: checked and pinned by Prepare, done by Run. Owned by its call or its task.
// Single-thread: handed from the caller to the stream.
class Copy {
 public:
  Copy(void* to, size_t room, const void* from, size_t count, aclrtMemcpyKind kind)
      : to_(to), room_(room), from_(from), count_(count), kind_(kind) {}
  // Takes over what the other one has pinned.
  Copy(Copy&& other) noexcept;
  ~Copy();
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  // `queue` is the stream of a queued copy, which demands page-locked host memory unless
  // `pageable`; null for a copy at once, which must not write what queued work uses.
  aclError Prepare(Context* context, const Stream* queue, bool pageable = false);
  // True when Run ends within microseconds: few bytes, and neither the profile nor a fault takes
  // time. Such a copy need not wake the thread of an idle stream. After Prepare.
  bool Short() const;
  // Takes its turn on the copy engine of its direction, and the time that the profile gives a copy
  // of this size. An error only by the fault plan.
  aclError Run(TaskTime* time);

 private:
  CopyWay way() const;

  void* const to_;
  const size_t room_;
  const void* const from_;
  const size_t count_;
  const aclrtMemcpyKind kind_;
  Device* device_ = nullptr;       // of the context; null for a copy on the host
  Device* to_device_ = nullptr;    // holds to_pin_ when set
  Device* from_device_ = nullptr;  // holds from_pin_ when set
  PinnedRange to_pin_;
  PinnedRange from_pin_;
  const void* host_pin_ = nullptr;  // the page-locked side of a queued copy
  uint8_t* to_bytes_ = nullptr;
  const uint8_t* from_bytes_ = nullptr;
};

// Refuses a write at once to memory that queued work uses.
aclError RefuseQueuedUse(Arena* arena, const void* address, size_t size);

}  // namespace hostacl
