// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "acl/acl.h"

// Every function of ACL that the server uses. Those of CANN 8.0 must be there.
#define OMSERVE_ACL_REQUIRED(X)        \
  X(aclInit)                           \
  X(aclFinalize)                       \
  X(aclGetRecentErrMsg)                \
  X(aclrtGetSocName)                   \
  X(aclrtGetVersion)                   \
  X(aclrtSetDevice)                    \
  X(aclrtResetDevice)                  \
  X(aclrtGetDeviceCount)               \
  X(aclrtCreateContext)                \
  X(aclrtDestroyContext)               \
  X(aclrtSetCurrentContext)            \
  X(aclrtGetCurrentContext)            \
  X(aclrtCreateStream)                 \
  X(aclrtDestroyStream)                \
  X(aclrtSynchronizeStreamWithTimeout) \
  X(aclrtStreamWaitEvent)              \
  X(aclrtCreateEventWithFlag)          \
  X(aclrtDestroyEvent)                 \
  X(aclrtRecordEvent)                  \
  X(aclrtEventElapsedTime)             \
  X(aclrtMalloc)                       \
  X(aclrtFree)                         \
  X(aclrtMallocHost)                   \
  X(aclrtFreeHost)                     \
  X(aclrtMemcpyAsync)                  \
  X(aclrtMemsetAsync)                  \
  X(aclrtGetMemInfo)                   \
  X(aclmdlQuerySize)                   \
  X(aclmdlLoadFromFileWithMem)         \
  X(aclmdlUnload)                      \
  X(aclmdlExecuteAsync)                \
  X(aclmdlCreateDesc)                  \
  X(aclmdlDestroyDesc)                 \
  X(aclmdlGetDesc)                     \
  X(aclmdlGetNumInputs)                \
  X(aclmdlGetNumOutputs)               \
  X(aclmdlGetInputSizeByIndex)         \
  X(aclmdlGetOutputSizeByIndex)        \
  X(aclmdlGetInputNameByIndex)         \
  X(aclmdlGetOutputNameByIndex)        \
  X(aclmdlGetInputDims)                \
  X(aclmdlGetOutputDims)               \
  X(aclmdlGetInputDataType)            \
  X(aclmdlGetOutputDataType)           \
  X(aclmdlGetDynamicBatch)             \
  X(aclmdlGetInputIndexByName)         \
  X(aclmdlSetDynamicBatchSize)         \
  X(aclmdlCreateDataset)               \
  X(aclmdlDestroyDataset)              \
  X(aclmdlAddDatasetBuffer)            \
  X(aclCreateDataBuffer)               \
  X(aclDestroyDataBuffer)              \
  X(aclUpdateDataBuffer)

// Newer ones; null when the library lacks them, and then there is a fall-back.
#define OMSERVE_ACL_OPTIONAL(X) \
  X(aclrtCreateEventExWithFlag) \
  X(aclrtQueryEventStatus)      \
  X(aclrtSynchronizeEventWithTimeout)

namespace omserve {

// The ACL library as a table of functions, found at run time. Owned by DeviceSet. Immutable, so
// thread-safe. The library stays in the process: its own threads may not survive an unload.
class AclApi {
 public:
  // 'library_path' is a path or a name for the dynamic loader. NOT_FOUND when it cannot be loaded,
  // FAILED_PRECONDITION when it is not an ACL library of CANN 8.0 or newer.
  static absl::StatusOr<std::unique_ptr<AclApi>> Load(const std::string& library_path);

#define OMSERVE_ACL_MEMBER(name) decltype(&::name) name = nullptr;
  OMSERVE_ACL_REQUIRED(OMSERVE_ACL_MEMBER)
  OMSERVE_ACL_OPTIONAL(OMSERVE_ACL_MEMBER)
#undef OMSERVE_ACL_MEMBER
};

}  // namespace omserve
