// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The loading, gear and execution part of acl/acl_mdl.h.
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "acl/acl_mdl.h"
#include "call.h"
#include "environment.h"
#include "exception_info.h"
#include "execution.h"
#include "failure.h"
#include "model.h"
#include "runtime.h"

using hostacl::CallKind;
using hostacl::Context;
using hostacl::DecodeOm;
using hostacl::Device;
using hostacl::EnterCall;
using hostacl::Execution;
using hostacl::Fail;
using hostacl::FailWith;
using hostacl::LoadedModel;
using hostacl::ModelMemory;
using hostacl::OmModel;
using hostacl::OmProblem;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TaskTime;

namespace {

aclError FindModel(uint32_t id, std::shared_ptr<LoadedModel>* model) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *model = Runtime::Get().FindModel(id);
  if (*model == nullptr) {
    return Fail(ACL_ERROR_GE_EXEC_MODEL_ID_INVALID, "model id ", id, " is not loaded");
  }
  if ((*model)->context() != context.get()) {
    return Fail(ACL_ERROR_RT_MODEL_CONTEXT, "model id ", id,
                " was loaded in another context than"
                " the one that this thread is bound to");
  }
  return ACL_SUCCESS;
}

aclError QuerySize(std::string_view bytes, size_t* work_size, size_t* weight_size) {
  OmModel om;
  OmProblem problem = DecodeOm(bytes, /*with_graph=*/false, &om);
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  *work_size = om.work_size;
  *weight_size = om.weight_size;
  return ACL_SUCCESS;
}

aclError Load(std::string_view bytes, const ModelMemory& memory, uint32_t* id) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  OmModel om;
  OmProblem problem = DecodeOm(bytes, /*with_graph=*/true, &om);
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  const std::string soc = hostacl::TextVariable("HOSTACL_SOC", "");
  if (!soc.empty() && soc != om.soc) {
    return Fail(ACL_ERROR_RT_SOC_VERSION, "model ", om.name, " was compiled for ", om.soc,
                ", this device is a ", soc);
  }
  std::shared_ptr<LoadedModel> model;
  if (const aclError error = LoadedModel::Load(std::move(om), context, memory, &model)) {
    return error;
  }
  *id = Runtime::Get().AddModel(std::move(model));
  return ACL_SUCCESS;
}

aclError LoadFile(const char* path, const ModelMemory& memory, uint32_t* id) {
  if (path == nullptr || id == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlLoadFromFile: null argument");
  }
  std::string bytes;
  OmProblem problem = hostacl::ReadOmFile(path, &bytes);
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  return Load(bytes, memory, id);
}

}  // namespace

aclError aclmdlQuerySize(const char* fileName, size_t* workSize, size_t* weightSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (fileName == nullptr || workSize == nullptr || weightSize == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlQuerySize: null argument");
  }
  std::string bytes;
  OmProblem problem = hostacl::ReadOmFile(fileName, &bytes);
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  return QuerySize(bytes, workSize, weightSize);
}

aclError aclmdlQuerySizeFromMem(const void* model, size_t modelSize, size_t* workSize,
                                size_t* weightSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (model == nullptr || workSize == nullptr || weightSize == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlQuerySizeFromMem: null argument");
  }
  return QuerySize({static_cast<const char*>(model), modelSize}, workSize, weightSize);
}

aclError aclmdlLoadFromFile(const char* modelPath, uint32_t* modelId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return LoadFile(modelPath, ModelMemory{}, modelId);
}

aclError aclmdlLoadFromFileWithMem(const char* modelPath, uint32_t* modelId, void* workPtr,
                                   size_t workSize, void* weightPtr, size_t weightSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return LoadFile(modelPath, ModelMemory{workPtr, workSize, weightPtr, weightSize}, modelId);
}

aclError aclmdlLoadFromMem(const void* model, size_t modelSize, uint32_t* modelId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return aclmdlLoadFromMemWithMem(model, modelSize, modelId, nullptr, 0, nullptr, 0);
}

aclError aclmdlLoadFromMemWithMem(const void* model, size_t modelSize, uint32_t* modelId,
                                  void* workPtr, size_t workSize, void* weightPtr,
                                  size_t weightSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (model == nullptr || modelId == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlLoadFromMem: null argument");
  }
  return Load({static_cast<const char*>(model), modelSize},
              ModelMemory{workPtr, workSize, weightPtr, weightSize}, modelId);
}

aclError aclmdlUnload(uint32_t modelId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<LoadedModel> model;
  if (const aclError error = FindModel(modelId, &model)) return error;
  if (model->running()) {
    return Fail(ACL_ERROR_RT_MODEL_RUNNING, "aclmdlUnload: model id ", modelId,
                " still runs;"
                " synchronise its stream first");
  }
  Runtime::Get().RemoveModel(modelId);
  return ACL_SUCCESS;
}

aclError aclmdlExecute(uint32_t modelId, const aclmdlDataset* input, aclmdlDataset* output) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<LoadedModel> model;
  if (const aclError error = FindModel(modelId, &model)) return error;
  Execution execution(model);
  if (const aclError error = execution.Prepare(&execution, input, output)) return error;
  TaskTime time{.ready = hostacl::Clock::now(), .end = {}};
  const aclError error = execution.Run(&time);
  if (error != ACL_SUCCESS) {
    model->context()->Poison(error, "aclmdlExecute of " + model->om().name);
    hostacl::ReportException(
        rtExceptionInfo{.task = 0,
                        .stream = 0,
                        .thread = static_cast<uint32_t>(gettid()),
                        .device = static_cast<uint32_t>(model->context()->device()->id()),
                        .code = static_cast<uint32_t>(error)});
  }
  return error;
}

aclError aclmdlExecuteAsync(uint32_t modelId, const aclmdlDataset* input, aclmdlDataset* output,
                            aclrtStream stream_handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<LoadedModel> model;
  if (const aclError error = FindModel(modelId, &model)) return error;
  std::shared_ptr<Stream> stream;
  const aclError no_stream =
      Runtime::Get().FindStream(stream_handle, model->context()->shared_from_this(), &stream);
  if (no_stream != ACL_SUCCESS) return no_stream;
  auto execution = std::make_shared<Execution>(model);
  if (const aclError error = execution->Prepare(stream.get(), input, output)) return error;
  return stream->Submit([execution](TaskTime* time) -> aclError { return execution->Run(time); });
}

aclError aclmdlSetDynamicBatchSize(uint32_t modelId, aclmdlDataset* dataset, size_t index,
                                   uint64_t batchSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<LoadedModel> model;
  if (const aclError error = FindModel(modelId, &model)) return error;
  const auto found = hostacl::Datasets().Find(dataset);
  if (found == nullptr || batchSize == 0) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlSetDynamicBatchSize: null dataset or batch 0");
  }
  const OmModel& om = model->om();
  if (om.gears.empty()) {
    return Fail(ACL_ERROR_MODEL_NOT_DYNAMIC, "model ", om.name, " has no gears");
  }
  const auto handles = found->buffers();
  if (index != om.inputs.size() || index >= handles.size()) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlSetDynamicBatchSize: index ", index,
                " is not the"
                " one of " ACL_DYNAMIC_TENSOR_NAME ", or the dataset lacks it");
  }
  const auto buffer = hostacl::DataBuffers().Find(handles[index]);
  const auto view = buffer == nullptr ? hostacl::DataBuffer::View{} : buffer->Get();
  Device* device = model->context()->device();
  if (view.address == nullptr || !device->arena().Owns(view.address)) {
    return Fail(ACL_ERROR_GE_DYNAMIC_INPUT_ADDR_INVALID,
                "the " ACL_DYNAMIC_TENSOR_NAME " buffer of ", om.name,
                " is null or no memory of the model's device");
  }
  const size_t width = view.size >= sizeof(uint64_t) ? sizeof(uint64_t) : sizeof(uint32_t);
  uint8_t* bytes = view.size < width ? nullptr : device->arena().Pin(view.address, view.size);
  if (bytes == nullptr) {
    return Fail(ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID,
                "the " ACL_DYNAMIC_TENSOR_NAME " buffer of ", om.name,
                " is too small, or leaves its allocation");
  }
  aclError result = ACL_SUCCESS;
  if (std::binary_search(om.gears.begin(), om.gears.end(), batchSize)) {
    std::memcpy(bytes, &batchSize, width);
    found->set_gear(batchSize);
    model->info()->gear.store(batchSize);
  } else {
    result = Fail(ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID, "batch ", batchSize, " is no gear of ",
                  om.name, "; pad to the next one");
  }
  device->arena().Unpin(view.address);
  return result;
}
