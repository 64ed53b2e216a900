// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/device.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"

namespace omserve {

absl::StatusOr<std::unique_ptr<Device>> Device::Create(const AclApi& api, int id) {
  auto device = absl::WrapUnique(new Device(api, id));
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api, api.aclrtSetDevice(id), absl::StrCat("opening device ", id)));
  // The destructor undoes both from here on.
  device->memory_pool_ = std::make_unique<DeviceMemoryPool>(*device);
  OMSERVE_RETURN_IF_ERROR(AclStatus(api, api.aclrtCreateContext(&device->context_, id),
                                    absl::StrCat("making a context on device ", id)));
  const char* soc = api.aclrtGetSocName();
  device->soc_name_ = soc == nullptr ? "" : soc;
  return device;
}

Device::~Device() {
  if (memory_pool_ == nullptr) return;  // never opened
  memory_pool_.reset();
  if (context_ != nullptr) api_.aclrtDestroyContext(context_);
  api_.aclrtResetDevice(id_);
}

absl::Status Device::Bind() const {
  return AclStatus(api_, api_.aclrtSetCurrentContext(context_),
                   absl::StrCat("binding a thread to device ", id_));
}

absl::StatusOr<Device::MemoryInfo> Device::memory() const {
  ScopedBind bind(*this);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  MemoryInfo info;
  aclError error = api_.aclrtGetMemInfo(ACL_HBM_MEM, &info.free, &info.total);
  if (error != ACL_SUCCESS || info.total == 0) {
    error = api_.aclrtGetMemInfo(ACL_DDR_MEM, &info.free, &info.total);
  }
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api_, error, absl::StrCat("asking device ", id_, " for its memory")));
  return info;
}

void Device::MarkUnhealthy(absl::Status why) {
  {
    MutexLock lock(mutex_);
    if (health_.ok()) health_ = std::move(why);
  }
  healthy_.store(false, std::memory_order_release);
}

absl::Status Device::health() const {
  MutexLock lock(mutex_);
  return health_;
}

absl::StatusOr<void*> Device::AllocateMemory(size_t bytes) const {
  ScopedBind bind(*this);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  void* block = nullptr;
  const aclError error = api_.aclrtMalloc(&block, bytes, ACL_MEM_MALLOC_HUGE_FIRST);
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api_, error, absl::StrCat("allocating ", bytes, " bytes on device ", id_)));
  return block;
}

void Device::FreeMemory(void* block) const {
  ScopedBind bind(*this);
  if (bind.status().ok()) api_.aclrtFree(block);
}

absl::StatusOr<void*> Device::AllocateHost(size_t bytes) const {
  ScopedBind bind(*this);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  void* block = nullptr;
  const aclError error = api_.aclrtMallocHost(&block, bytes);
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api_, error, absl::StrCat("allocating ", bytes, " bytes of page-locked memory")));
  return block;
}

void Device::FreeHost(void* block) const {
  ScopedBind bind(*this);
  if (bind.status().ok()) api_.aclrtFreeHost(block);
}

ScopedBind::ScopedBind(const Device& device) : api_(device.api()) {
  // A thread without a context reports an error here, which only means that there is none.
  if (api_.aclrtGetCurrentContext(&before_) != ACL_SUCCESS) before_ = nullptr;
  if (before_ == device.context_) {
    before_ = nullptr;  // nothing to put back
    return;
  }
  status_ = device.Bind();
}

ScopedBind::~ScopedBind() {
  if (before_ != nullptr) api_.aclrtSetCurrentContext(before_);
}

}  // namespace omserve
