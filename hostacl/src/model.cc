// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <cstdint>
#include <utility>

#include "device.h"
#include "failure.h"
#include "runtime.h"

namespace hostacl {
namespace {

// Guards the executions of all models, so that two models which share work memory are seen.
Mutex& ExecutionsMutex() {
  static Mutex& mutex = *new Mutex();
  return mutex;
}

}  // namespace

LoadedModel::LoadedModel(OmModel om, std::shared_ptr<Context> context)
    : info_(std::make_shared<ModelInfo>(std::move(om))), context_(std::move(context)) {}

LoadedModel::~LoadedModel() {
  Arena& arena = context_->device()->arena();
  // The caller's memory is pinned while the model is loaded, so that freeing it is found out.
  for (const auto& [address, owned] :
       {std::pair(memory_.work, owns_work_), std::pair(memory_.weight, owns_weight_)}) {
    if (address == nullptr) continue;
    if (owned) {
      arena.Free(address);
    } else {
      arena.Unpin(address);
    }
  }
}

aclError LoadedModel::Load(OmModel om, const std::shared_ptr<Context>& context,
                           const ModelMemory& memory, std::shared_ptr<LoadedModel>* model) {
  Arena& arena = context->device()->arena();
  if (memory.work != nullptr && memory.work_size < om.work_size) {
    return Fail(ACL_ERROR_INVALID_PARAM, "work memory of ", memory.work_size,
                " bytes is too small"
                " for ",
                om.name, ", which needs ", om.work_size, " (aclmdlQuerySize)");
  }
  if (memory.weight != nullptr && memory.weight_size < om.weight_size) {
    return Fail(ACL_ERROR_INVALID_PARAM, "weight memory of ", memory.weight_size,
                " bytes is too"
                " small for ",
                om.name, ", which needs ", om.weight_size, " (aclmdlQuerySize)");
  }
  std::string problem;
  std::shared_ptr<Engine> engine = Engine::Obtain(om, context->device()->id(), &problem);
  if (engine == nullptr) {
    return Fail(ACL_ERROR_PARSE_MODEL, "the graph of ", om.name, " cannot be compiled: ", problem);
  }
  om.graph = std::string();
  om.weights = {};
  auto loaded = std::make_shared<LoadedModel>(std::move(om), context);
  const OmModel& content = loaded->om();
  struct Part {
    void* given;
    size_t given_size;
    size_t needed;
    void** kept;
    bool* owned;
    const char* name;
  };
  for (const Part& part : {Part{memory.work, memory.work_size, content.work_size,
                                &loaded->memory_.work, &loaded->owns_work_, "work"},
                           Part{memory.weight, memory.weight_size, content.weight_size,
                                &loaded->memory_.weight, &loaded->owns_weight_, "weight"}}) {
    if (part.given != nullptr) {
      if (arena.Pin(part.given, part.given_size) == nullptr) {
        return Fail(ACL_ERROR_INVALID_PARAM, part.name, " memory ", part.given,
                    " is no live device memory of this device, or shorter than said");
      }
      *part.kept = part.given;
      *part.owned = false;
    } else if (part.needed > 0) {
      *part.kept = arena.Allocate(part.needed, /*fill=*/false);
      *part.owned = true;
      if (*part.kept == nullptr) {
        return Fail(ACL_ERROR_GE_MEMORY_ALLOCATION, "no device memory for the ", part.name,
                    " block of ", content.name, ": ", part.needed, " bytes");
      }
    }
  }
  loaded->memory_.work_size = memory.work != nullptr ? memory.work_size : content.work_size;
  loaded->session_ = std::make_unique<Session>(&content, std::move(engine));
  *model = std::move(loaded);
  return ACL_SUCCESS;
}

bool LoadedModel::SharesWork(const LoadedModel& other) const {
  const uintptr_t mine = reinterpret_cast<uintptr_t>(memory_.work);
  const uintptr_t theirs = reinterpret_cast<uintptr_t>(other.memory_.work);
  return mine != 0 && theirs != 0 && mine < theirs + other.memory_.work_size &&
         theirs < mine + memory_.work_size;
}

aclError LoadedModel::Begin(const void* queue) {
  const auto models = Runtime::Get().Models();
  MutexLock lock(&ExecutionsMutex());
  if (executions_ > 0 && queue_ != queue) {
    return Fail(ACL_ERROR_RT_MODEL_RUNNING, "model ", om().name,
                " is executed twice at once: one"
                " model id runs on one stream at a time; load it again for each stream");
  }
  for (const auto& other : models) {
    if (other.get() == this || other->executions_ == 0 || other->queue_ == queue) continue;
    if (SharesWork(*other)) {
      return Fail(ACL_ERROR_RT_MODEL_RUNNING, "models ", om().name, " and ", other->om().name,
                  " share work memory and run on two streams at once");
    }
  }
  ++executions_;
  queue_ = queue;
  return ACL_SUCCESS;
}

void LoadedModel::End() {
  MutexLock lock(&ExecutionsMutex());
  --executions_;
}

bool LoadedModel::running() const {
  MutexLock lock(&ExecutionsMutex());
  return executions_ > 0;
}

}  // namespace hostacl
