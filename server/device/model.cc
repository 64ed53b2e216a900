// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/model.h"

#include <unistd.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"
#include "server/device/om_origin.h"

namespace omserve {
namespace {

// What to do about a file that ACL refuses. Lack of memory and a lost device are left as they are.
absl::Status NameFile(const absl::Status& status, const std::string& path) {
  absl::Status named;
  if (status.code() == absl::StatusCode::kResourceExhausted ||
      (status.code() == absl::StatusCode::kUnavailable && IsDeviceLost(status))) {
    named = absl::Status(status.code(), absl::StrCat(status.message(), ": ", path));
  } else {
    const absl::string_view origin =
        MadeByHostacl(path) ? " (hostacl's atc made this file; a card needs CANN's atc)" : "";
    named = absl::FailedPreconditionError(
        absl::StrCat("the OM file cannot be loaded; compile it again with atc, for this chip",
                     origin, ": ", path, ": ", status.message()));
  }
  status.ForEachPayload([&named](absl::string_view url, const absl::Cord& payload) {
    named.SetPayload(url, payload);
  });
  return named;
}

absl::Status NotThere(const std::string& path) {
  return absl::NotFoundError(absl::StrCat(
      "the OM file is not there or not readable; compile the model with atc or correct the "
      "manifest: ",
      path));
}

}  // namespace

ModelInstance::~ModelInstance() {
  if (!loaded_) return;
  ScopedBind bind(device_);
  device_.api().aclmdlUnload(id_);
}

absl::StatusOr<std::unique_ptr<ExecutionSlot>> ModelInstance::MakeSlot() const {
  return ExecutionSlot::Create(device_, info_, id_);
}

absl::Status ModelInstance::Execute(ExecutionSlot& slot, Stream& stream) {
  const AclApi& api = device_.api();
  return AclStatus(api, api.aclmdlExecuteAsync(id_, slot.inputs(), slot.outputs(), stream.handle()),
                   "starting a model");
}

absl::StatusOr<std::unique_ptr<LoadedModel>> LoadedModel::Load(Device& device,
                                                               const std::string& path,
                                                               int instances) {
  if (access(path.c_str(), R_OK) != 0) return NotThere(path);
  const AclApi& api = device.api();
  ScopedBind bind(device);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  auto model = absl::WrapUnique(new LoadedModel(device));
  size_t work_size = 0;
  size_t weight_size = 0;
  const absl::Status sizes = AclStatus(
      api, api.aclmdlQuerySize(path.c_str(), &work_size, &weight_size), "reading the model");
  if (!sizes.ok()) return NameFile(sizes, path);
  if (weight_size > 0) {
    OMSERVE_ASSIGN_OR_RETURN(model->weights_, device.memory_pool().Allocate(weight_size));
  }
  for (int i = 0; i < instances; ++i) {
    auto instance = absl::WrapUnique(new ModelInstance(device, model->info_));
    if (work_size > 0) {
      OMSERVE_ASSIGN_OR_RETURN(instance->work_, device.memory_pool().Allocate(work_size));
    }
    const aclError error =
        api.aclmdlLoadFromFileWithMem(path.c_str(), &instance->id_, instance->work_.data(),
                                      work_size, model->weights_.data(), weight_size);
    if (error != ACL_SUCCESS) {
      return NameFile(AclStatus(api, error, "loading the model"), path);
    }
    instance->loaded_ = true;
    if (i == 0) {
      absl::StatusOr<ModelInfo> info = ModelInfo::Read(api, instance->id_);
      if (!info.ok()) return NameFile(info.status(), path);
      model->info_ = *std::move(info);
    }
    model->instances_.push_back(std::move(instance));
  }
  return model;
}

absl::StatusOr<int64_t> LoadedModel::BytesOf(Device& device, const std::string& path,
                                             int instances) {
  if (access(path.c_str(), R_OK) != 0) return NotThere(path);
  const AclApi& api = device.api();
  ScopedBind bind(device);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  size_t work_size = 0;
  size_t weight_size = 0;
  const absl::Status sizes = AclStatus(
      api, api.aclmdlQuerySize(path.c_str(), &work_size, &weight_size), "reading the model");
  if (!sizes.ok()) return NameFile(sizes, path);
  return static_cast<int64_t>(weight_size + static_cast<size_t>(instances) * work_size);
}

LoadedModel::~LoadedModel() {
  while (!instances_.empty()) instances_.pop_back();
}

}  // namespace omserve
