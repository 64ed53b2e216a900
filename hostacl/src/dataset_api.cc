// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Data buffers of acl/acl_base.h and datasets of acl/acl_mdl.h.
#include <memory>

#include "acl/acl_mdl.h"
#include "call.h"
#include "dataset.h"
#include "failure.h"

using hostacl::CallKind;
using hostacl::DataBuffer;
using hostacl::DataBuffers;
using hostacl::Dataset;
using hostacl::Datasets;
using hostacl::EnterCall;
using hostacl::Fail;

namespace hostacl {

HandleTable<DataBuffer>& DataBuffers() {
  static auto& table = *new HandleTable<DataBuffer>(4);
  return table;
}

HandleTable<Dataset>& Datasets() {
  static auto& table = *new HandleTable<Dataset>(5);
  return table;
}

Dataset::~Dataset() {
  MutexLock lock(&mutex_);
  for (const auto& [index, handle] : tensor_descs_) TensorDescs().Remove(handle);
}

aclTensorDesc* Dataset::SetTensorDesc(size_t index, const TensorDesc* desc) {
  MutexLock lock(&mutex_);
  const auto old = tensor_descs_.find(index);
  if (old != tensor_descs_.end()) {
    TensorDescs().Remove(old->second);
    tensor_descs_.erase(old);
  }
  if (desc == nullptr) return nullptr;
  auto* handle =
      static_cast<aclTensorDesc*>(TensorDescs().Insert(std::make_shared<TensorDesc>(*desc)));
  tensor_descs_.emplace(index, handle);
  return handle;
}

aclTensorDesc* Dataset::tensor_desc(size_t index) {
  MutexLock lock(&mutex_);
  const auto found = tensor_descs_.find(index);
  return found == tensor_descs_.end() ? nullptr : found->second;
}

}  // namespace hostacl

namespace {

std::shared_ptr<DataBuffer> FindBuffer(const aclDataBuffer* handle, const char* function) {
  std::shared_ptr<DataBuffer> buffer = DataBuffers().Find(handle);
  if (buffer == nullptr) {
    Fail(ACL_ERROR_INVALID_PARAM, function, ": null, destroyed or foreign data buffer");
  }
  return buffer;
}

std::shared_ptr<Dataset> FindDataset(const aclmdlDataset* handle, const char* function) {
  std::shared_ptr<Dataset> dataset = Datasets().Find(handle);
  if (dataset == nullptr) {
    Fail(ACL_ERROR_INVALID_PARAM, function, ": null, destroyed or foreign dataset");
  }
  return dataset;
}

}  // namespace

aclDataBuffer* aclCreateDataBuffer(void* data, size_t size) {
  return static_cast<aclDataBuffer*>(DataBuffers().Insert(
      std::make_shared<DataBuffer>(DataBuffer::View{.address = data, .size = size})));
}

aclError aclDestroyDataBuffer(const aclDataBuffer* dataBuffer) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (FindBuffer(dataBuffer, "aclDestroyDataBuffer") == nullptr) return ACL_ERROR_INVALID_PARAM;
  DataBuffers().Remove(dataBuffer);
  return ACL_SUCCESS;
}

aclError aclUpdateDataBuffer(aclDataBuffer* dataBuffer, void* data, size_t size) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto buffer = FindBuffer(dataBuffer, "aclUpdateDataBuffer");
  if (buffer == nullptr) return ACL_ERROR_INVALID_PARAM;
  buffer->Set(DataBuffer::View{.address = data, .size = size});
  return ACL_SUCCESS;
}

void* aclGetDataBufferAddr(const aclDataBuffer* dataBuffer) {
  const auto buffer = FindBuffer(dataBuffer, "aclGetDataBufferAddr");
  return buffer == nullptr ? nullptr : buffer->Get().address;
}

uint32_t aclGetDataBufferSize(const aclDataBuffer* dataBuffer) {
  return static_cast<uint32_t>(aclGetDataBufferSizeV2(dataBuffer));
}

size_t aclGetDataBufferSizeV2(const aclDataBuffer* dataBuffer) {
  const auto buffer = FindBuffer(dataBuffer, "aclGetDataBufferSizeV2");
  return buffer == nullptr ? 0 : buffer->Get().size;
}

aclmdlDataset* aclmdlCreateDataset() {
  return static_cast<aclmdlDataset*>(Datasets().Insert(std::make_shared<Dataset>()));
}

aclError aclmdlDestroyDataset(const aclmdlDataset* dataset) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (FindDataset(dataset, "aclmdlDestroyDataset") == nullptr) return ACL_ERROR_INVALID_PARAM;
  Datasets().Remove(dataset);
  return ACL_SUCCESS;
}

aclError aclmdlAddDatasetBuffer(aclmdlDataset* dataset, aclDataBuffer* dataBuffer) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto found = FindDataset(dataset, "aclmdlAddDatasetBuffer");
  if (found == nullptr || FindBuffer(dataBuffer, "aclmdlAddDatasetBuffer") == nullptr) {
    return ACL_ERROR_INVALID_PARAM;
  }
  found->Add(dataBuffer);
  return ACL_SUCCESS;
}

size_t aclmdlGetDatasetNumBuffers(const aclmdlDataset* dataset) {
  const auto found = FindDataset(dataset, "aclmdlGetDatasetNumBuffers");
  return found == nullptr ? 0 : found->buffers().size();
}

aclDataBuffer* aclmdlGetDatasetBuffer(const aclmdlDataset* dataset, size_t index) {
  const auto found = FindDataset(dataset, "aclmdlGetDatasetBuffer");
  if (found == nullptr) return nullptr;
  const auto buffers = found->buffers();
  return index < buffers.size() ? buffers[index] : nullptr;
}

aclError aclmdlSetDatasetTensorDesc(aclmdlDataset* dataset, aclTensorDesc* tensorDesc,
                                    size_t index) {
  const auto found = FindDataset(dataset, "aclmdlSetDatasetTensorDesc");
  if (found == nullptr) return ACL_ERROR_INVALID_PARAM;
  const size_t count = found->buffers().size();
  if (index >= count) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlSetDatasetTensorDesc: index ", index,
                " is not below ", count, ", the number of buffers");
  }
  const auto desc = hostacl::TensorDescs().Find(tensorDesc);
  if (tensorDesc != nullptr && desc == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM,
                "aclmdlSetDatasetTensorDesc: destroyed tensor description");
  }
  found->SetTensorDesc(index, desc.get());
  return ACL_SUCCESS;
}

aclTensorDesc* aclmdlGetDatasetTensorDesc(const aclmdlDataset* dataset, size_t index) {
  const auto found = FindDataset(dataset, "aclmdlGetDatasetTensorDesc");
  return found == nullptr ? nullptr : found->tensor_desc(index);
}
