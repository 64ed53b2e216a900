// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "device.h"
#include "failure.h"
#include "runtime.h"

namespace hostacl {
namespace {

// The models that execute, so that two which share work memory are seen. Each is alive: it
// leaves at its end. Never destroyed. Thread-safe.
struct Executing {
  Mutex mutex;
  std::vector<const LoadedModel*> models HOSTACL_GUARDED_BY(mutex);
};

Executing& AllExecuting() {
  static auto& executing = *new Executing();
  return executing;
}

}  // namespace

LoadedModel::LoadedModel(OmModel om, std::shared_ptr<Context> context)
    : info_(std::make_shared<ModelInfo>(std::move(om))), context_(std::move(context)) {}

LoadedModel::~LoadedModel() {
  {
    // An execution at given shapes does not own the load.
    Executing& executing = AllExecuting();
    MutexLock lock(&executing.mutex);
    std::erase(executing.models, this);
  }
  Arena& arena = context_->device()->arena();
  // The caller's memory is pinned while the model is loaded, so that freeing it is found out.
  const auto release = [&arena](void* address, size_t size, bool owned) {
    if (address == nullptr) return;
    if (owned) {
      arena.Free(address);
    } else {
      arena.Unpin({.address = address, .size = size, .use = Use::kLoad});
    }
  };
  release(memory_.work, memory_.work_size, owns_work_);
  release(memory_.weight, memory_.weight_size, owns_weight_);
}

aclError LoadedModel::Load(OmModel om, const std::shared_ptr<Context>& context,
                           const ModelMemory& memory, std::shared_ptr<LoadedModel>* model) {
  const TimePoint begin = Clock::now();
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
  // The load keeps the description; the graph goes to the engine alone.
  std::string graph = std::move(om.graph);
  OmModel described = om;
  described.weights = {};
  om.graph = std::move(graph);
  auto loaded = std::make_shared<LoadedModel>(std::move(described), context);
  const OmModel& content = loaded->om();
  struct Part {
    void* given;
    size_t given_size;
    size_t needed;
    void** kept;
    size_t* kept_size;
    bool* owned;
    const char* name;
  };
  for (const Part& part :
       {Part{memory.work, memory.work_size, content.work_size, &loaded->memory_.work,
             &loaded->memory_.work_size, &loaded->owns_work_, "work"},
        Part{memory.weight, memory.weight_size, content.weight_size, &loaded->memory_.weight,
             &loaded->memory_.weight_size, &loaded->owns_weight_, "weight"}}) {
    if (part.given != nullptr) {
      const PinnedRange range{.address = part.given, .size = part.given_size, .use = Use::kLoad};
      if (arena.Pin(range) == nullptr) {
        return Fail(ACL_ERROR_INVALID_PARAM, part.name, " memory ", part.given,
                    " is no live device memory of this device, or shorter than said");
      }
      *part.kept = part.given;
      *part.kept_size = part.given_size;
      *part.owned = false;
    } else if (part.needed > 0) {
      *part.kept = arena.Allocate(part.needed, /*fill=*/false);
      *part.kept_size = part.needed;
      *part.owned = true;
      if (*part.kept == nullptr) {
        return Fail(ACL_ERROR_GE_MEMORY_ALLOCATION, "no device memory for the ", part.name,
                    " block of ", content.name, ": ", part.needed, " bytes");
      }
    }
  }
  if (om.open()) {
    loaded->open_ = std::make_unique<OpenShapes>(std::move(om), context->device()->id(),
                                                 loaded->memory_.weight);
    *model = std::move(loaded);
    return ACL_SUCCESS;
  }
  // Loads share an engine, as they would share a card's weights, by the address of these.
  std::string problem;
  std::shared_ptr<Engine> engine =
      Engine::Obtain(om, context->device()->id(), loaded->memory_.weight,
                     Runtime::Get().replay() != nullptr, &problem);
  if (engine == nullptr) {
    return Fail(ACL_ERROR_PARSE_MODEL, "the graph of ", content.name,
                " cannot be compiled: ", problem);
  }
  loaded->session_ = std::make_unique<Session>(&content, std::move(engine));
  const Profile* profile = context->device()->profile();
  if (profile != nullptr) WaitUntil(begin + profile->LoadTime(content.name));
  *model = std::move(loaded);
  return ACL_SUCCESS;
}

aclError LoadedModel::AtShapes(const std::shared_ptr<LoadedModel>& self,
                               const std::vector<std::vector<int64_t>>& dims,
                               std::shared_ptr<LoadedModel>* shaped) {
  std::string problem;
  std::shared_ptr<const ShapedModel> at = open_->At(dims, &problem);
  if (at == nullptr) {
    return Fail(ACL_ERROR_GE_SHAPE_INVALID, "model ", om().name,
                " cannot run at these shapes: ", problem);
  }
  auto model = std::make_shared<LoadedModel>(at->om, context_);
  model->loaded_ = self;
  model->session_ = std::make_unique<Session>(&model->om(), at->engine);
  model->at_ = std::move(at);
  *shaped = std::move(model);
  return ACL_SUCCESS;
}

bool LoadedModel::SharesWork(const LoadedModel& other) const {
  const uintptr_t mine = reinterpret_cast<uintptr_t>(memory_.work);
  const uintptr_t theirs = reinterpret_cast<uintptr_t>(other.memory_.work);
  return mine != 0 && theirs != 0 && mine < theirs + other.memory_.work_size &&
         theirs < mine + memory_.work_size;
}

aclError LoadedModel::Begin(const void* queue) {
  if (at_ != nullptr) {
    const auto loaded = loaded_.lock();
    if (loaded != nullptr) return loaded->Begin(queue);
    return Fail(ACL_ERROR_GE_EXEC_MODEL_ID_INVALID, "model ", om().name, " was unloaded");
  }
  Executing& executing = AllExecuting();
  MutexLock lock(&executing.mutex);
  if (executions_ > 0 && queue_ != queue) {
    return Fail(ACL_ERROR_RT_MODEL_RUNNING, "model ", om().name,
                " is executed twice at once: one"
                " model id runs on one stream at a time; load it again for each stream");
  }
  for (const LoadedModel* other : executing.models) {
    if (other == this || other->queue_ == queue) continue;
    if (SharesWork(*other)) {
      return Fail(ACL_ERROR_RT_MODEL_RUNNING, "models ", om().name, " and ", other->om().name,
                  " share work memory and run on two streams at once");
    }
  }
  if (executions_++ == 0) executing.models.push_back(this);
  queue_ = queue;
  return ACL_SUCCESS;
}

void LoadedModel::End() {
  if (at_ != nullptr) {
    if (const auto loaded = loaded_.lock()) loaded->End();
    return;
  }
  Executing& executing = AllExecuting();
  MutexLock lock(&executing.mutex);
  if (--executions_ == 0) std::erase(executing.models, this);
}

Clock::duration LoadedModel::StageTime(size_t gear) {
  const Profile* profile = context_->device()->profile();
  if (profile == nullptr) return Clock::duration{0};
  const auto loaded = loaded_.lock();
  std::atomic<bool>& ran = loaded == nullptr ? ran_ : loaded->ran_;
  Clock::duration time = profile->execute_overhead();
  time += profile->Time(om().name, om().GearText(gear)).value_or(Clock::duration{0});
  if (!ran.exchange(true)) time += profile->FirstRunTime(om().name);
  return time;
}

void LoadedModel::Took(size_t gear, Clock::duration took) {
  constexpr std::chrono::microseconds kBrief{50};
  if (gear >= kBriefGears) return;
  const uint64_t bit = uint64_t{1} << gear;
  const bool brief = took < kBrief;
  if (brief == Brief(gear)) return;
  brief ? brief_.fetch_or(bit) : brief_.fetch_and(~bit);
}

bool LoadedModel::Brief(size_t gear) const {
  return gear < kBriefGears && (brief_.load() >> gear & 1) != 0;
}

bool LoadedModel::running() const {
  MutexLock lock(&AllExecuting().mutex);
  return executions_ > 0;
}

aclError FindLoadedModel(uint32_t id, std::shared_ptr<LoadedModel>* model) {
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

}  // namespace hostacl
