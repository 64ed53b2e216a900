// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Configuration handles of acl/acl_mdl.h, and what loads and executes by them.
#include <chrono>
#include <memory>
#include <optional>

#include "acl/acl_mdl.h"
#include "call.h"
#include "failure.h"
#include "model.h"
#include "model_config.h"
#include "runtime.h"

using hostacl::Arena;
using hostacl::CallKind;
using hostacl::Clock;
using hostacl::Context;
using hostacl::EnterCall;
using hostacl::ExecConfig;
using hostacl::ExecConfigs;
using hostacl::Fail;
using hostacl::LoadConfig;
using hostacl::LoadConfigs;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TimePoint;
using hostacl::WaitResult;

namespace {

// The handle's content, after its work memory was checked against the model.
aclError FindExecConfig(const aclmdlExecConfigHandle* handle, uint32_t model_id,
                        std::shared_ptr<ExecConfig>* config) {
  *config = ExecConfigs().Find(handle);
  if (*config == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "null or destroyed execution configuration");
  }
  const auto model = Runtime::Get().FindModel(model_id);
  if (model == nullptr) {
    return Fail(ACL_ERROR_GE_EXEC_MODEL_ID_INVALID, "model id ", model_id, " is not loaded");
  }
  if ((*config)->work == nullptr) return ACL_SUCCESS;
  const size_t needed = model->om().work_size;
  Arena& arena = model->context()->device()->arena();
  if ((*config)->work_size < needed ||
      arena.Resolve((*config)->work, (*config)->work_size) == nullptr) {
    return Fail(ACL_ERROR_GE_PARAM_INVALID, "work memory of ", (*config)->work_size,
                " bytes is too small for ", model->om().name, ", which needs ", needed,
                ", or is no live memory of its device");
  }
  return ACL_SUCCESS;
}

}  // namespace

aclmdlConfigHandle* aclmdlCreateConfigHandle() {
  return static_cast<aclmdlConfigHandle*>(LoadConfigs().Insert(std::make_shared<LoadConfig>()));
}

aclError aclmdlDestroyConfigHandle(aclmdlConfigHandle* handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (LoadConfigs().Remove(handle) != nullptr) return ACL_SUCCESS;
  return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlDestroyConfigHandle: null or destroyed handle");
}

aclError aclmdlSetConfigOpt(aclmdlConfigHandle* handle, aclmdlConfigAttr attr,
                            const void* attrValue, size_t valueSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto config = LoadConfigs().Find(handle);
  if (config == nullptr || attrValue == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlSetConfigOpt: null or destroyed argument");
  }
  return hostacl::SetLoadOption(config.get(), attr, attrValue, valueSize);
}

aclError aclmdlLoadWithConfig(const aclmdlConfigHandle* handle, uint32_t* modelId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  const auto config = LoadConfigs().Find(handle);
  if (config == nullptr || modelId == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlLoadWithConfig: null or destroyed argument");
  }
  if (const aclError error = hostacl::CheckComplete(*config)) return error;
  const bool with_memory = config->load_type == ACL_MDL_LOAD_FROM_FILE_WITH_MEM ||
                           config->load_type == ACL_MDL_LOAD_FROM_MEM_WITH_MEM;
  void* work = with_memory ? config->work : nullptr;
  void* weight = with_memory ? config->weight : nullptr;
  if (config->load_type == ACL_MDL_LOAD_FROM_FILE ||
      config->load_type == ACL_MDL_LOAD_FROM_FILE_WITH_MEM) {
    return aclmdlLoadFromFileWithMem(config->path.c_str(), modelId, work, config->work_size, weight,
                                     config->weight_size);
  }
  return aclmdlLoadFromMemWithMem(config->model, config->model_size, modelId, work,
                                  config->work_size, weight, config->weight_size);
}

aclmdlExecConfigHandle* aclmdlCreateExecConfigHandle() {
  return static_cast<aclmdlExecConfigHandle*>(ExecConfigs().Insert(std::make_shared<ExecConfig>()));
}

aclError aclmdlDestroyExecConfigHandle(const aclmdlExecConfigHandle* handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (ExecConfigs().Remove(handle) != nullptr) return ACL_SUCCESS;
  return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlDestroyExecConfigHandle: null or destroyed handle");
}

aclError aclmdlSetExecConfigOpt(aclmdlExecConfigHandle* handle, aclmdlExecConfigAttr attr,
                                const void* attrValue, size_t valueSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto config = ExecConfigs().Find(handle);
  if (config == nullptr || attrValue == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlSetExecConfigOpt: null or destroyed argument");
  }
  return hostacl::SetExecOption(config.get(), attr, attrValue, valueSize);
}

aclError aclmdlExecuteV2(uint32_t modelId, const aclmdlDataset* input, aclmdlDataset* output,
                         aclrtStream handle, const aclmdlExecConfigHandle* config_handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<ExecConfig> config;
  if (const aclError error = FindExecConfig(config_handle, modelId, &config)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(handle, context, &stream)) return error;
  if (const aclError error = aclmdlExecuteAsync(modelId, input, output, handle)) return error;
  std::optional<TimePoint> deadline;
  if (config->stream_timeout > 0) {
    deadline = Clock::now() + std::chrono::milliseconds(config->stream_timeout);
  }
  switch (stream->Wait(deadline)) {
    case WaitResult::kTimeout:
      return Fail(ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, "aclmdlExecuteV2: model id ", modelId,
                  " did not end within ", config->stream_timeout,
                  " ms; it goes on, so its buffers are still in use");
    case WaitResult::kAborted:
      return Fail(ACL_ERROR_RT_STREAM_ABORT, "aclmdlExecuteV2: the stream was aborted");
    case WaitResult::kDone:
      break;
  }
  return context->Health();
}

aclError aclmdlExecuteAsyncV2(uint32_t modelId, const aclmdlDataset* input, aclmdlDataset* output,
                              aclrtStream stream, const aclmdlExecConfigHandle* handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<ExecConfig> config;
  if (const aclError error = FindExecConfig(handle, modelId, &config)) return error;
  return aclmdlExecuteAsync(modelId, input, output, stream);
}
