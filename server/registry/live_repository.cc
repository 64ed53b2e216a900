// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/live_repository.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

constexpr absl::Duration kGlance = absl::Seconds(1);

absl::Status Stopping() { return absl::UnavailableError("the server is stopping"); }

}  // namespace

LiveRepository::LiveRepository(RepositoryOptions options, ServableLoader& loader,
                               const Clock& clock)
    : options_(std::move(options)), loader_(loader), clock_(clock) {
  for (int i = 0; i < options_.load_threads; ++i) {
    threads_.emplace_back(absl::StrCat("load-", i), [this] { WorkLoop(); });
  }
}

LiveRepository::~LiveRepository() {
  Stop();
  Clear();
}

std::vector<ModelVersion> LiveRepository::Index() const {
  // What is there by name, then by number; what the folder has comes in between.
  std::map<std::string, std::map<int64_t, ModelVersion>> all;
  const absl::StatusOr<std::vector<ModelFolder>> folders = ScanModelDir(options_.dir);
  if (folders.ok()) {
    for (const ModelFolder& folder : *folders) {
      for (const VersionFolder& version : folder.versions) {
        ModelVersion& entry = all[folder.name][version.number];
        entry.reason = folder.problem.ok() ? "not loaded" : std::string(folder.problem.message());
      }
    }
  }
  MutexLock lock(mutex_);
  for (const auto& [name, model] : models_) {
    for (const auto& [number, version] : model.versions) {
      ModelVersion& entry = all[name][number];
      entry.state = version.state;
      entry.device_bytes = version.bytes;
      if (version.state != ModelState::kUnavailable || !version.reason.empty()) {
        entry.reason = version.reason;
      }
    }
  }
  std::vector<ModelVersion> out;
  for (auto& [name, versions] : all) {
    for (auto& [number, entry] : versions) {
      entry.name = name;
      entry.version = absl::StrCat(number);
      out.push_back(std::move(entry));
    }
  }
  return out;
}

void LiveRepository::Load(std::string name, std::string version, Done done) {
  Add(std::move(name), {Kind::kLoad, std::move(version), std::move(done)});
}
void LiveRepository::Reload(std::string name, std::string version, Done done) {
  Add(std::move(name), {Kind::kReload, std::move(version), std::move(done)});
}
void LiveRepository::Unload(std::string name, std::string version, Done done) {
  Add(std::move(name), {Kind::kUnload, std::move(version), std::move(done)});
}

void LiveRepository::Add(std::string name, Change change) {
  absl::Status refused = CheckModelName(name);
  if (refused.ok() && !change.version.empty()) refused = ParseVersion(change.version).status();
  if (refused.ok()) {
    MutexLock lock(mutex_);
    if (stopping_) {
      refused = Stopping();
    } else if (!models_.contains(name) && models_.size() >= kMaxModels) {
      refused = absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxModels, " models"));
    } else {
      Model& model = models_[name];
      if (model.changes.size() < kMaxWaiting) {
        model.changes.push_back(std::move(change));
      } else {
        refused = absl::ResourceExhaustedError(
            absl::StrCat("model: ", kMaxWaiting, " changes of '", name, "' wait; try again later"));
      }
    }
  }
  if (refused.ok()) {
    wake_.NotifyOne();
  } else if (change.done != nullptr) {
    change.done(std::move(refused));
  }
}

LiveRepository::Model* LiveRepository::NextModel(std::string& name) {
  for (auto& [key, model] : models_) {
    if (model.busy || model.changes.empty()) continue;
    name = key;
    return &model;
  }
  return nullptr;
}

void LiveRepository::WorkLoop() {
  while (true) {
    std::string name;
    Model* model = nullptr;
    Change change;
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      model = NextModel(name);
      if (model == nullptr) {
        wake_.WaitFor(mutex_, kGlance);
        continue;
      }
      change = std::move(model->changes.front());
      model->changes.pop_front();
      model->busy = true;
    }
    Run(name, *model, std::move(change));
    {
      MutexLock lock(mutex_);
      model->busy = false;
    }
    wake_.NotifyAll();
  }
}

absl::Status LiveRepository::LoadAll(bool strict) {
  OMSERVE_ASSIGN_OR_RETURN(const std::vector<ModelFolder> folders, ScanModelDir(options_.dir));
  for (const ModelFolder& folder : folders) {
    Model* model = nullptr;
    {
      MutexLock lock(mutex_);
      model = &models_[folder.name];
      model->busy = true;
    }
    absl::Status status;
    Change change;
    change.done = [&status](absl::Status result) { status = std::move(result); };
    Run(folder.name, *model, std::move(change));
    {
      MutexLock lock(mutex_);
      model->busy = false;
    }
    if (!status.ok() && strict) return status;
  }
  return absl::OkStatus();
}

void LiveRepository::Refuse() {
  std::vector<Change> ended;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (auto& [name, model] : models_) {
      for (Change& change : model.changes) ended.push_back(std::move(change));
      model.changes.clear();
    }
  }
  wake_.NotifyAll();
  for (Change& change : ended) {
    if (change.done != nullptr) change.done(Stopping());
  }
}

void LiveRepository::Stop() {
  Refuse();
  threads_.clear();
}

void LiveRepository::Close() {
  MutexLock lock(mutex_);
  for (const auto& servable : left_) servable->Close();
  for (const auto& [name, model] : models_) {
    for (const auto& [number, version] : model.versions) {
      if (version.servable != nullptr) version.servable->Close();
    }
  }
}

void LiveRepository::Clear() {
  std::vector<std::unique_ptr<Servable>> gone;
  {
    MutexLock lock(mutex_);
    gone = std::move(left_);
    left_.clear();
    for (auto& [name, model] : models_) {
      for (auto& [number, version] : model.versions) {
        if (version.servable != nullptr) gone.push_back(std::move(version.servable));
      }
    }
    models_.clear();
    bytes_ = 0;
  }
  for (const auto& servable : gone) {
    servable->Withdraw();
    servable->WaitUnused(absl::InfiniteFuture());
  }
}

}  // namespace omserve
