// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "copy.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "context.h"
#include "failure.h"
#include "runtime.h"
#include "stage.h"

namespace hostacl {
namespace {

bool KindFits(aclrtMemcpyKind kind, bool from_device, bool to_device) {
  switch (kind) {
    case ACL_MEMCPY_HOST_TO_HOST:
      return !from_device && !to_device;
    case ACL_MEMCPY_HOST_TO_DEVICE:
    case ACL_MEMCPY_HOST_TO_BUF_TO_DEVICE:
      return !from_device && to_device;
    case ACL_MEMCPY_DEVICE_TO_HOST:
      return from_device && !to_device;
    case ACL_MEMCPY_DEVICE_TO_DEVICE:
    case ACL_MEMCPY_INNER_DEVICE_TO_DEVICE:
    case ACL_MEMCPY_INTER_DEVICE_TO_DEVICE:
      return from_device && to_device;
    case ACL_MEMCPY_DEFAULT:
      return true;
  }
  return false;
}

}  // namespace

aclError RefuseQueuedUse(Arena* arena, const void* address, size_t size) {
  const std::optional<Use> use = arena->QueuedUse(address, size);
  if (!use) return ACL_SUCCESS;
  return Fail(ACL_ERROR_RT_PARAM_INVALID, "the ", size, " bytes at ", address, " are ",
              *use == Use::kRead ? "read" : "written",
              " by queued work, and a write that does not wait for it changes them under it:"
              " synchronise its stream first, or write in that stream's order");
}

Copy::Copy(Copy&& other) noexcept
    : to_(other.to_),
      room_(other.room_),
      from_(other.from_),
      count_(other.count_),
      kind_(other.kind_),
      device_(other.device_),
      to_device_(std::exchange(other.to_device_, nullptr)),
      from_device_(std::exchange(other.from_device_, nullptr)),
      to_pin_(other.to_pin_),
      from_pin_(other.from_pin_),
      host_pin_(std::exchange(other.host_pin_, nullptr)),
      to_bytes_(other.to_bytes_),
      from_bytes_(other.from_bytes_) {}

Copy::~Copy() {
  if (to_device_ != nullptr) to_device_->arena().Unpin(to_pin_);
  if (from_device_ != nullptr) from_device_->arena().Unpin(from_pin_);
  if (host_pin_ != nullptr) Runtime::Get().UnpinHost(host_pin_);
}

aclError Copy::Prepare(Context* context, const Stream* queue, bool pageable) {
  const bool async = queue != nullptr && !pageable;
  if (to_ == nullptr || from_ == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtMemcpy: null pointer");
  }
  if (count_ == 0 || count_ > room_) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtMemcpy: count 0 or count ", count_,
                " above destMax ", room_);
  }
  Runtime& runtime = Runtime::Get();
  Device* to_device = runtime.OwnerOf(to_);
  Device* from_device = runtime.OwnerOf(from_);
  if (!KindFits(kind_, from_device != nullptr, to_device != nullptr)) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtMemcpy: kind ", static_cast<int>(kind_),
                " does not fit: the source is ", from_device != nullptr ? "device" : "host",
                " memory, the destination ", to_device != nullptr ? "device" : "host", " memory");
  }
  if (async && from_device == nullptr && to_device == nullptr) {
    return Fail(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, "aclrtMemcpyAsync: host to host is not there");
  }
  if (from_device != nullptr && to_device != nullptr && from_device != to_device) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtMemcpy: the two addresses are on different"
                " devices, which have no peer access");
  }
  const auto aligned = [](const void* address) {
    return reinterpret_cast<uintptr_t>(address) % Arena::kAlignment == 0;
  };
  if (async && from_device != nullptr && to_device != nullptr &&
      !(aligned(to_) && aligned(from_))) {
    return Fail(ACL_ERROR_RT_ADDR_UNALIGNED,
                "aclrtMemcpyAsync: a copy within the device needs both addresses aligned to ",
                Arena::kAlignment, " bytes");
  }
  for (Device* device : {to_device, from_device}) {
    if (device != nullptr && device != context->device()) {
      return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtMemcpy: the address belongs to device ",
                  device->id(), ", the current context to device ", context->device()->id());
    }
  }
  for (const bool is_source : {true, false}) {
    const void* address = is_source ? from_ : to_;
    if ((is_source ? from_device : to_device) != nullptr) continue;
    if (runtime.LeavesPinnedHost(address, count_)) {
      return Fail(ACL_ERROR_RT_PARAM_INVALID,
                  "aclrtMemcpy: the host range leaves its"
                  " aclrtMallocHost block");
    }
    if (async && !runtime.PinHost(address, count_)) {
      return Fail(ACL_ERROR_RT_PARAM_INVALID,
                  "aclrtMemcpyAsync: the host memory is pageable; take"
                  " it from aclrtMallocHost, or use aclrtMemcpy");
    }
    if (async) host_pin_ = address;
  }
  if (to_device != nullptr) {
    if (queue == nullptr) {
      if (const aclError error = RefuseQueuedUse(&to_device->arena(), to_, count_)) return error;
    }
    to_pin_ = {.address = to_,
               .size = count_,
               .use = queue == nullptr ? Use::kCall : Use::kWrite,
               .queue = queue};
    to_bytes_ = to_device->arena().Pin(to_pin_);
    if (to_bytes_ == nullptr) {
      return Fail(ACL_ERROR_RT_PARAM_INVALID,
                  "aclrtMemcpy: the destination range leaves its"
                  " allocation, or was freed");
    }
    to_device_ = to_device;
  } else {
    to_bytes_ = static_cast<uint8_t*>(to_);
  }
  if (from_device != nullptr) {
    from_pin_ = {.address = from_,
                 .size = count_,
                 .use = queue == nullptr ? Use::kCall : Use::kRead,
                 .queue = queue};
    from_bytes_ = from_device->arena().Pin(from_pin_);
    if (from_bytes_ == nullptr) {
      return Fail(ACL_ERROR_RT_PARAM_INVALID,
                  "aclrtMemcpy: the source range leaves its"
                  " allocation, or was freed");
    }
    from_device_ = from_device;
  } else {
    from_bytes_ = static_cast<const uint8_t*>(from_);
  }
  if (from_device != nullptr || to_device != nullptr) device_ = context->device();
  return ACL_SUCCESS;
}

CopyWay Copy::way() const {
  if (from_device_ == nullptr) return CopyWay::kHostToDevice;
  return to_device_ == nullptr ? CopyWay::kDeviceToHost : CopyWay::kDeviceToDevice;
}

bool Copy::Short() const {
  if (device_ == nullptr || count_ > kFewBytes || device_->faults() != nullptr) return false;
  const Profile* profile = device_->profile();
  return profile == nullptr || profile->CopyTime(way(), count_) == Clock::duration{0};
}

aclError Copy::Run(TaskTime* time) {
  if (device_ == nullptr) {
    std::memmove(to_bytes_, from_bytes_, count_);
    return ACL_SUCCESS;
  }
  FaultPlan::Blow blow;
  if (device_->faults() != nullptr) {
    const TaskFacts facts{.kind = TaskKind::kCopy, .device = device_->id(), .inputs = {}};
    blow = device_->faults()->AtTask(facts, time->stop);
    if (blow.error != ACL_SUCCESS) return blow.error;
    if (blow.hung) time->ready = std::max(time->ready, Clock::now());
  }
  Timeline& engine = device_->copy_engine(way());
  const Profile* profile = device_->profile();
  if (profile == nullptr) {
    MutexLock turn(&engine.turn());
    Stage stage(device_, &engine, {"copy", count_}, Clock::duration{0}, blow.slow, time);
    std::memmove(to_bytes_, from_bytes_, count_);
    stage.Finish();
    return ACL_SUCCESS;
  }
  Stage stage(device_, &engine, {"copy", count_}, profile->CopyTime(way(), count_), blow.slow,
              time);
  stage.WaitToWrite(count_);
  std::memmove(to_bytes_, from_bytes_, count_);
  stage.Finish();
  return ACL_SUCCESS;
}

}  // namespace hostacl
