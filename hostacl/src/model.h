// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "acl/acl_base.h"
#include "context.h"
#include "engine.h"
#include "om_file.h"
#include "open_shapes.h"

namespace hostacl {

// The caller's memory for a model; nulls mean that the system takes its own.
struct ModelMemory {
  void* work = nullptr;
  size_t work_size = 0;
  void* weight = nullptr;
  size_t weight_size = 0;
};

// What a model id says about itself. Shared by the load and by the descriptions of it, which may
// outlive the load. Thread-safe: all but the gear is constant.
struct ModelInfo {
  static constexpr size_t kNoGear = SIZE_MAX;  // no setter was called yet

  explicit ModelInfo(OmModel content) : om(std::move(content)) {}
  const OmModel om;
  std::atomic<size_t> gear = kNoGear;  // index of the one that a setter chose last
};

// A model id: one load of a .om in one context. Owned by Runtime's table and by its executions.
// Thread-safe, but executes once at a time.
class LoadedModel {
 public:
  // The file's content without its graph, after the engine was compiled from it.
  static aclError Load(OmModel om, const std::shared_ptr<Context>& context,
                       const ModelMemory& memory, std::shared_ptr<LoadedModel>* model);
  LoadedModel(OmModel om, std::shared_ptr<Context> context);
  ~LoadedModel();
  LoadedModel(const LoadedModel&) = delete;
  LoadedModel& operator=(const LoadedModel&) = delete;

  const OmModel& om() const { return info_->om; }
  const std::shared_ptr<ModelInfo>& info() const { return info_; }
  Context* context() const { return context_.get(); }
  Session* session() { return session_.get(); }

  // For a model of open shapes: itself with these dims of all inputs, for one execution. It counts
  // as an execution of this model. 145021 when the graph does not take them.
  aclError AtShapes(const std::shared_ptr<LoadedModel>& self,
                    const std::vector<std::vector<int64_t>>& dims,
                    std::shared_ptr<LoadedModel>* shaped);

  // Claims the model for one execution on `queue` (a stream, or the address of a synchronous
  // call). Fails while another queue has it, or has its work memory.
  aclError Begin(const void* queue);
  void End();
  bool running() const;

  // How long the graph took at `gear`, for Brief. One call at a time.
  void Took(size_t gear, Clock::duration took);
  // True when the graph took less time than the wake-up of a thread when it last ran at `gear`.
  bool Brief(size_t gear) const;

  // What the profile gives an execution at `gear`, more for the first one; zero without a profile.
  Clock::duration StageTime(size_t gear);

 private:
  static constexpr size_t kBriefGears = 64;

  bool SharesWork(const LoadedModel& other) const;

  const std::shared_ptr<ModelInfo> info_;
  const std::shared_ptr<Context> context_;
  ModelMemory memory_;
  bool owns_work_ = false;
  bool owns_weight_ = false;
  std::unique_ptr<Session> session_;       // null while the shapes are open
  std::unique_ptr<OpenShapes> open_;       // null without open shapes
  std::weak_ptr<LoadedModel> loaded_;      // the model whose shapes these are; empty: this one
  std::shared_ptr<const ShapedModel> at_;  // what a shaped model describes
  std::atomic<bool> ran_ = false;
  std::atomic<uint64_t> brief_ = 0;  // a bit for each of the first gears
  int executions_ = 0;               // under the file's mutex, as all models' are
  const void* queue_ = nullptr;      // as executions_; meaningful while it is above zero
};

// The model with this id, which must have been loaded in the calling thread's context: 107002,
// 100001, 145003 or 107004 otherwise.
aclError FindLoadedModel(uint32_t id, std::shared_ptr<LoadedModel>* model);

}  // namespace hostacl
