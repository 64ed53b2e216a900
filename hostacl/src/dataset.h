// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "acl/acl_mdl.h"
#include "handle_table.h"
#include "mutex.h"
#include "tensor_desc.h"

namespace hostacl {

// What an aclDataBuffer handle stands for: a view of memory. Owned by the table. Thread-safe.
class DataBuffer {
 public:
  struct View {
    void* address = nullptr;
    size_t size = 0;
  };

  explicit DataBuffer(View view) : view_(view) {}
  View Get() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    return view_;
  }
  void Set(View view) HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    view_ = view;
  }

 private:
  Mutex mutex_;
  View view_ HOSTACL_GUARDED_BY(mutex_);
};

// What an aclmdlDataset handle stands for: buffer handles, and the gear that a setter left.
// Owned by the table. Thread-safe.
class Dataset {
 public:
  Dataset() = default;
  ~Dataset();
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  void Add(aclDataBuffer* buffer) HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    buffers_.push_back(buffer);
  }
  std::vector<aclDataBuffer*> buffers() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    return buffers_;
  }
  // The values of the gear as OmModel::gears has them; empty while no gear was set.
  std::vector<uint64_t> gear() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    return gear_;
  }
  void set_gear(const std::vector<uint64_t>& gear) HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    gear_ = gear;
  }
  // Takes a copy of `desc` for the buffer at `index`; null takes the one there away. Returns the
  // copy's handle, which the dataset owns.
  aclTensorDesc* SetTensorDesc(size_t index, const TensorDesc* desc) HOSTACL_EXCLUDES(mutex_);
  // Null where none is set.
  aclTensorDesc* tensor_desc(size_t index) HOSTACL_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::map<size_t, aclTensorDesc*> tensor_descs_ HOSTACL_GUARDED_BY(mutex_);
  std::vector<aclDataBuffer*> buffers_ HOSTACL_GUARDED_BY(mutex_);
  std::vector<uint64_t> gear_ HOSTACL_GUARDED_BY(mutex_);
};

// The tables live as long as the process: wrappers need neither aclInit nor a context.
HandleTable<DataBuffer>& DataBuffers();
HandleTable<Dataset>& Datasets();

}  // namespace hostacl
