// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inference/grpc_service.grpc.pb.h"

namespace omserve::kserve {

// The generated base, put together: messages as they come for inference, parsed ones for the rest;
// single ones by completion queues, the rest by callbacks.
// (The generated CallbackService has parsed ones for all, which cannot be taken back.)
using Generated = inference::GRPCInferenceService;
template <typename Base>
using ModelMethods =
    Generated::WithCallbackMethod_ModelStatistics<Generated::WithCallbackMethod_ModelConfig<
        Generated::WithCallbackMethod_ModelMetadata<Generated::WithCallbackMethod_ServerMetadata<
            Generated::WithCallbackMethod_ModelReady<Generated::WithCallbackMethod_ServerReady<
                Generated::WithCallbackMethod_ServerLive<Base>>>>>>>;
template <typename Base>
using RepositoryMethods = Generated::WithCallbackMethod_RepositoryModelUnload<
    Generated::WithCallbackMethod_RepositoryModelLoad<
        Generated::WithCallbackMethod_RepositoryIndex<Base>>>;
template <typename Base>
using SharedMemoryMethods = Generated::WithCallbackMethod_CudaSharedMemoryUnregister<
    Generated::WithCallbackMethod_CudaSharedMemoryRegister<
        Generated::WithCallbackMethod_CudaSharedMemoryStatus<
            Generated::WithCallbackMethod_SystemSharedMemoryUnregister<
                Generated::WithCallbackMethod_SystemSharedMemoryRegister<
                    Generated::WithCallbackMethod_SystemSharedMemoryStatus<Base>>>>>>;
template <typename Base>
using SettingMethods =
    Generated::WithCallbackMethod_LogSettings<Generated::WithCallbackMethod_TraceSetting<Base>>;
template <typename Base>
using InferMethods =
    Generated::WithRawMethod_ModelInfer<Generated::WithRawCallbackMethod_ModelStreamInfer<Base>>;
using InferenceServiceBase = InferMethods<
    ModelMethods<RepositoryMethods<SharedMemoryMethods<SettingMethods<Generated::Service>>>>>;

}  // namespace omserve::kserve
