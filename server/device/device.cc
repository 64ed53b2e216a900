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
  device->memory_pool_ = std::make_unique<DeviceMemoryPool>(*device);
  {
    MutexLock lock(device->context_mutex_);
    OMSERVE_RETURN_IF_ERROR(device->Open());
  }
  const char* soc = api.aclrtGetSocName();
  device->soc_name_ = soc == nullptr ? "" : soc;
  return device;
}

// The destructor undoes what has been done when it fails half-way.
absl::Status Device::Open() {
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api_, api_.aclrtSetDevice(id_), absl::StrCat("opening device ", id_)));
  opened_ = true;
  aclrtContext context = nullptr;
  OMSERVE_RETURN_IF_ERROR(AclStatus(api_, api_.aclrtCreateContext(&context, id_),
                                    absl::StrCat("making a context on device ", id_)));
  context_.store(context);
  return absl::OkStatus();
}

Device::~Device() {
  memory_pool_.reset();
  MutexLock lock(context_mutex_);
  if (context_.load() != nullptr) api_.aclrtDestroyContext(context_.load());
  if (opened_) api_.aclrtResetDevice(id_);
}

absl::Status Device::Reset() {
  memory_pool_->Close();
  {
    MutexLock lock(context_mutex_);
    if (context_.load() != nullptr) {
      OMSERVE_RETURN_IF_ERROR(AclStatus(api_, api_.aclrtDestroyContext(context_.load()),
                                        absl::StrCat("ending the context of device ", id_)));
      context_.store(nullptr);
    }
    if (opened_) {
      OMSERVE_RETURN_IF_ERROR(
          AclStatus(api_, api_.aclrtResetDevice(id_), absl::StrCat("resetting device ", id_)));
      opened_ = false;
    }
    OMSERVE_RETURN_IF_ERROR(Open());
  }
  memory_pool_->Open();
  MutexLock lock(mutex_);
  was_reset_ = !health_.ok();
  return absl::OkStatus();
}

bool Device::MarkHealthy() {
  MutexLock lock(mutex_);
  if (!was_reset_) return false;
  was_reset_ = false;
  health_ = absl::OkStatus();
  healthy_.store(true, std::memory_order_release);
  return true;
}

absl::Status Device::Bind() const {
  const aclError error = api_.aclrtSetCurrentContext(context_.load());
  if (error == ACL_SUCCESS) return absl::OkStatus();
  return AclStatus(api_, error, absl::StrCat("binding a thread to device ", id_));
}

absl::StatusOr<Device::MemoryInfo> Device::memory() const {
  MutexLock lock(context_mutex_);
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
  MutexLock lock(mutex_);
  if (health_.ok()) health_ = std::move(why);
  was_reset_ = false;
  healthy_.store(false, std::memory_order_release);
}

absl::Status Device::health() const {
  MutexLock lock(mutex_);
  return health_;
}

absl::StatusOr<void*> Device::AllocateMemory(size_t bytes) const {
  MutexLock lock(context_mutex_);
  ScopedBind bind(*this);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  void* block = nullptr;
  const aclError error = api_.aclrtMalloc(&block, bytes, ACL_MEM_MALLOC_HUGE_FIRST);
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api_, error, absl::StrCat("allocating ", bytes, " bytes on device ", id_)));
  return block;
}

void Device::FreeMemory(void* block) const {
  MutexLock lock(context_mutex_);
  ScopedBind bind(*this);
  if (bind.status().ok()) api_.aclrtFree(block);
}

absl::StatusOr<void*> Device::AllocateHost(size_t bytes) const {
  MutexLock lock(context_mutex_);
  ScopedBind bind(*this);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  void* block = nullptr;
  const aclError error = api_.aclrtMallocHost(&block, bytes);
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api_, error, absl::StrCat("allocating ", bytes, " bytes of page-locked memory")));
  return block;
}

void Device::FreeHost(void* block) const {
  MutexLock lock(context_mutex_);
  ScopedBind bind(*this);
  if (bind.status().ok()) api_.aclrtFreeHost(block);
}

ScopedBind::ScopedBind(const Device& device) : api_(device.api()) {
  // A thread without a context reports an error here, which only means that there is none.
  if (api_.aclrtGetCurrentContext(&before_) != ACL_SUCCESS) before_ = nullptr;
  if (before_ != nullptr && before_ == device.context_.load()) {
    before_ = nullptr;  // it is bound already: nothing to do, and nothing to undo
    return;
  }
  status_ = device.Bind();
}

ScopedBind::~ScopedBind() {
  if (before_ != nullptr) api_.aclrtSetCurrentContext(before_);
}

}  // namespace omserve
