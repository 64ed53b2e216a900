// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The loading and execution part of acl/acl_mdl.h.
#include <unistd.h>

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
#include "run_shapes.h"
#include "runtime.h"

using hostacl::CallKind;
using hostacl::Context;
using hostacl::DecodeOm;
using hostacl::EnterCall;
using hostacl::Execution;
using hostacl::Fail;
using hostacl::FailWith;
using hostacl::FindLoadedModel;
using hostacl::LoadedModel;
using hostacl::ModelMemory;
using hostacl::OmModel;
using hostacl::OmProblem;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TaskTime;

namespace {

aclError QuerySize(std::string_view bytes, size_t* work_size, size_t* weight_size) {
  OmModel om;
  OmProblem problem = DecodeOm(bytes, /*with_graph=*/false, &om);
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  *work_size = om.work_size;
  *weight_size = om.weight_size;
  return ACL_SUCCESS;
}

// `owner` keeps the bytes alive, or is null when only this call does.
aclError Load(std::string_view bytes, const std::shared_ptr<const void>& owner,
              const ModelMemory& memory, uint32_t* id) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  OmModel om;
  OmProblem problem = DecodeOm(bytes, /*with_graph=*/true, &om, owner);
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  const std::string& soc = context->device()->soc();
  if (context->device()->soc_given() && soc != om.soc) {
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
  const auto bytes = std::make_shared<std::string>();
  OmProblem problem = hostacl::ReadOmFile(path, bytes.get());
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  return Load(*bytes, bytes, memory, id);
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

aclError aclmdlQueryExeOMDesc(const char* fileName, aclmdlExeOMDesc* mdlPartitionSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (fileName == nullptr || mdlPartitionSize == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlQueryExeOMDesc: null argument");
  }
  std::string bytes;
  OmProblem problem = hostacl::ReadOmFile(fileName, &bytes);
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  // Nothing else of a model is in device memory here: no kernels, no tasks.
  *mdlPartitionSize = aclmdlExeOMDesc{};
  return QuerySize(bytes, &mdlPartitionSize->workSize, &mdlPartitionSize->weightSize);
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
  if (modelSize == 0) return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlLoadFromMem: size 0");
  return aclmdlLoadFromMemWithMem(model, modelSize, modelId, nullptr, 0, nullptr, 0);
}

aclError aclmdlLoadFromMemWithMem(const void* model, size_t modelSize, uint32_t* modelId,
                                  void* workPtr, size_t workSize, void* weightPtr,
                                  size_t weightSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (model == nullptr || modelId == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlLoadFromMem: null argument");
  }
  return Load({static_cast<const char*>(model), modelSize}, nullptr,
              ModelMemory{workPtr, workSize, weightPtr, weightSize}, modelId);
}

aclError aclmdlUnload(uint32_t modelId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<LoadedModel> model;
  if (const aclError error = FindLoadedModel(modelId, &model)) return error;
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
  if (const aclError error = FindLoadedModel(modelId, &model)) return error;
  if (const aclError error = hostacl::TakeRunShapes(input, output, &model)) return error;
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
  if (const aclError error = FindLoadedModel(modelId, &model)) return error;
  std::shared_ptr<Stream> stream;
  const aclError no_stream =
      Runtime::Get().FindStream(stream_handle, model->context()->shared_from_this(), &stream);
  if (no_stream != ACL_SUCCESS) return no_stream;
  if (const aclError error = hostacl::TakeRunShapes(input, output, &model)) return error;
  auto execution = std::make_shared<Execution>(model);
  if (const aclError error = execution->Prepare(stream.get(), input, output)) return error;
  if (execution->Brief() && execution->turn().TryLock()) {
    Stream::Task in_turn = [&](TaskTime* time) HOSTACL_REQUIRES(execution->turn()) {
      return execution->RunInTurn(time);
    };
    const bool ran = stream->TryRun(in_turn);
    execution->turn().Unlock();
    if (ran) return ACL_SUCCESS;
  }
  return stream->Submit([execution](TaskTime* time) -> aclError { return execution->Run(time); });
}
