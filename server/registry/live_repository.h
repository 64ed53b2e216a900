// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/mutex.h"
#include "server/base/thread.h"
#include "server/registry/model_repository.h"
#include "server/registry/repository_scan.h"
#include "server/registry/servable.h"
#include "server/registry/version_policy.h"

namespace omserve {

// How a repository works. A value.
struct RepositoryOptions {
  std::string dir = {};
  VersionPolicy policy = {};
  int load_threads = 1;      // models that are loaded at a time
  int64_t device_bytes = 0;  // that all loaded models may have of a device; 0: no limit
  // When the limit is reached, the models that were not used for longest go; else the load fails.
  bool evict = false;
};

// The repository of a folder: threads of its own load, swap and drain, one change of a model at a
// time. Owned by the server, after the engine. Thread-safe.
class LiveRepository final : public ModelRepository {
 public:
  // Changes that may wait, for one model and over all of them.
  static constexpr size_t kMaxWaiting = 16;
  static constexpr size_t kMaxModels = 10'000;

  // 'loader' and 'clock' outlive the repository.
  LiveRepository(RepositoryOptions options, ServableLoader& loader, const Clock& clock);
  // Stops and clears.
  ~LiveRepository() override;

  // Loads what the policy wants of all models, on the calling thread. 'strict': ends at the first
  // model of which a version cannot be loaded, with that error; else it stays UNAVAILABLE, and what
  // can be loaded is.
  absl::Status LoadAll(bool strict);

  std::vector<ModelVersion> Index() const override;
  void Load(std::string name, std::string version, Done done) override;
  void Reload(std::string name, std::string version, Done done) override;
  void Unload(std::string name, std::string version, Done done) override;

  // Refuses changes and ends those that wait. Never blocks.
  void Refuse();
  // Refuses, and blocks for the change that is under way, but not for requests. What is loaded
  // serves on. Idempotent.
  void Stop();
  // Ends what waits in the models with UNAVAILABLE. REQUIRES: Stop.
  void Close();
  // Withdraws and unloads everything. REQUIRES: Stop, and no request has any of it.
  void Clear();

 private:
  enum class Kind : uint8_t { kLoad, kReload, kUnload };
  struct Change {
    Kind kind = Kind::kLoad;
    std::string version;  // empty: as the policy says
    Done done;
  };
  struct Version {
    ModelState state = ModelState::kUnavailable;
    std::string reason;
    uint64_t fingerprint = 0;  // of what is loaded
    int64_t bytes = 0;
    std::unique_ptr<Servable> servable;
  };
  struct Model {
    std::map<int64_t, Version> versions;
    std::deque<Change> changes;
    bool busy = false;  // a change is under way, or it is being evicted
  };
  // What a change took out: requests may still be at work in it.
  struct Withdrawn {
    int64_t number = 0;
    int64_t bytes = 0;
    std::unique_ptr<Servable> servable;
  };
  // What a change has loaded and not published yet.
  struct Fresh {
    uint64_t fingerprint = 0;
    int64_t bytes = 0;
    std::unique_ptr<Servable> servable;
  };

  void Add(std::string name, Change change);
  void WorkLoop();
  // A model that has a change and is not busy.
  Model* NextModel(std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // A change; the model is busy. 'done' has run at the end, and nothing withdrawn is left.
  void Run(const std::string& name, Model& model, Change change) ABSL_LOCKS_EXCLUDED(mutex_);
  // The part until requests find what they are to find.
  absl::Status Apply(const std::string& name, Model& model, const Change& change,
                     std::vector<Withdrawn>& withdrawn);
  absl::Status LoadVersions(const std::string& name, Model& model, const Change& change,
                            std::vector<Withdrawn>& withdrawn);
  absl::Status UnloadVersions(const std::string& name, Model& model, const Change& change,
                              std::vector<Withdrawn>& withdrawn);
  absl::StatusOr<Fresh> LoadOne(const std::string& name, Model& model, const ModelFolder& folder,
                                const VersionFolder& version);
  // Takes memory out of the budget, unloads others for it if need be and allowed.
  absl::Status Reserve(const std::string& name, int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status EvictOne(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<ModelFolder> FolderOf(const std::string& name) const;
  // REQUIRES: the model is busy.
  Withdrawn Withdraw(int64_t number, Version& version, ModelState state)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits for its requests and unloads it; leaves it to Clear when the repository stops first.
  void Drain(Model& model, Withdrawn withdrawn) ABSL_LOCKS_EXCLUDED(mutex_);

  const RepositoryOptions options_;
  ServableLoader& loader_;
  const Clock& clock_;

  mutable Mutex mutex_;
  CondVar wake_;
  // Nodes stay: a change uses its model without the lock.
  std::map<std::string, Model> models_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<Servable>> left_ ABSL_GUARDED_BY(mutex_);  // not drained at the stop
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Thread> threads_;  // of the thread that starts and stops
};

}  // namespace omserve
