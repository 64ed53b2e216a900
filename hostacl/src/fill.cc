// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "fill.h"

#include <cstring>
#include <utility>

#include "acl/acl_rt.h"
#include "copy.h"
#include "failure.h"
#include "runtime.h"

namespace hostacl {

Fill::Fill(Fill&& other) noexcept
    : to_(other.to_),
      value_(other.value_),
      count_(other.count_),
      bytes_(other.bytes_),
      owner_(std::exchange(other.owner_, nullptr)),
      range_(other.range_),
      host_pinned_(std::exchange(other.host_pinned_, false)) {}

Fill::~Fill() {
  if (owner_ != nullptr) owner_->arena().Unpin(range_);
  if (host_pinned_) Runtime::Get().UnpinHost(to_);
}

aclError Fill::Prepare(const char* function, size_t room, const Stream* queue) {
  if (to_ == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, function, ": null pointer");
  if (count_ == 0 || count_ > room) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, function, ": needs 0 < count <= maxCount; count ",
                count_, ", maxCount ", room);
  }
  Device* owner = Runtime::Get().OwnerOf(to_);
  if (owner == nullptr) {
    host_pinned_ = Runtime::Get().PinHost(to_, count_);
    bytes_ = static_cast<uint8_t*>(to_);
    if (host_pinned_) return ACL_SUCCESS;
    return Fail(ACL_ERROR_RT_PARAM_INVALID, function, ": ", to_, " with ", count_,
                " bytes is neither device memory nor in a block of aclrtMallocHost");
  }
  if (queue == nullptr) {
    if (const aclError error = RefuseQueuedUse(&owner->arena(), to_, count_)) return error;
  }
  range_ = {.address = to_,
            .size = count_,
            .use = queue == nullptr ? Use::kCall : Use::kWrite,
            .queue = queue};
  bytes_ = owner->arena().Pin(range_);
  if (bytes_ == nullptr) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, function,
                ": the range leaves its allocation, or was freed");
  }
  owner_ = owner;
  return ACL_SUCCESS;
}

void Fill::Run() const { std::memset(bytes_, value_, count_); }

}  // namespace hostacl
