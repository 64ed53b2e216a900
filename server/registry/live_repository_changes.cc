// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What a change of a model does.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/status_macros.h"
#include "server/registry/live_repository.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

// How often a drain looks whether the server stops.
constexpr absl::Duration kGlance = absl::Milliseconds(50);

std::string MiB(int64_t bytes) { return absl::StrCat((bytes + (1 << 20) - 1) >> 20, " MiB"); }

absl::Status InFile(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

void LiveRepository::Run(const std::string& name, Model& model, Change change) {
  std::vector<Withdrawn> withdrawn;
  absl::Status status = Apply(name, model, change, withdrawn);
  if (!status.ok()) spdlog::warn("model {}: {}", name, std::string(status.message()));
  if (change.done != nullptr) change.done(std::move(status));
  for (Withdrawn& old : withdrawn) Drain(model, std::move(old));
}

absl::Status LiveRepository::Apply(const std::string& name, Model& model, const Change& change,
                                   std::vector<Withdrawn>& withdrawn) {
  return change.kind == Kind::kUnload ? UnloadVersions(name, model, change, withdrawn)
                                      : LoadVersions(name, model, change, withdrawn);
}

absl::StatusOr<ModelFolder> LiveRepository::FolderOf(const std::string& name) const {
  OMSERVE_ASSIGN_OR_RETURN(std::vector<ModelFolder> folders, ScanModelDir(options_.dir));
  std::vector<std::string> there;
  for (ModelFolder& folder : folders) {
    if (folder.name == name) {
      if (!folder.problem.ok()) return folder.problem;
      return std::move(folder);
    }
    there.push_back(folder.name);
  }
  return absl::NotFoundError(absl::StrCat(
      "model: '", name, "' is not in the repository; these are: ", absl::StrJoin(there, ", ")));
}

absl::Status LiveRepository::LoadVersions(const std::string& name, Model& model,
                                          const Change& change, std::vector<Withdrawn>& withdrawn) {
  OMSERVE_ASSIGN_OR_RETURN(const ModelFolder folder, FolderOf(name));
  std::map<int64_t, const VersionFolder*> there;
  std::vector<int64_t> numbers;
  for (const VersionFolder& version : folder.versions) {
    there[version.number] = &version;
    numbers.push_back(version.number);
  }
  std::vector<int64_t> candidates = options_.policy.Candidates(numbers);
  size_t wanted = options_.policy.Wanted(candidates.size());
  const bool by_policy = change.version.empty();
  if (!by_policy) {
    OMSERVE_ASSIGN_OR_RETURN(const int64_t number, ParseVersion(change.version));
    if (!there.contains(number)) {
      return absl::NotFoundError(
          absl::StrCat("version: ", number, " of '", name,
                       "' is not in the repository; these are: ", absl::StrJoin(numbers, ", ")));
    }
    candidates = {number};
    wanted = 1;
  }
  if (candidates.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "model: no version of '", name,
        "' is one that the version policy wants; there are: ", absl::StrJoin(numbers, ", ")));
  }

  absl::Status first_error;
  std::set<int64_t> ready;
  std::map<int64_t, Fresh> loaded;
  for (const int64_t number : candidates) {
    if (ready.size() >= wanted) break;
    const VersionFolder& version = *there[number];
    bool serves = false;
    {
      MutexLock lock(mutex_);
      const Version& known = model.versions[number];
      serves = known.servable != nullptr;
      if (serves && known.fingerprint == version.fingerprint && change.kind == Kind::kLoad) {
        ready.insert(number);
        continue;
      }
    }
    absl::StatusOr<Fresh> fresh = LoadOne(name, model, folder, version);
    if (fresh.ok()) {
      loaded[number] = *std::move(fresh);
      ready.insert(number);
      continue;
    }
    if (first_error.ok()) first_error = fresh.status();
    if (serves) ready.insert(number);  // as it was
  }

  MutexLock lock(mutex_);
  for (auto& [number, fresh] : loaded) {
    Version& version = model.versions[number];
    fresh.servable->Publish();
    Fresh old{version.fingerprint, version.bytes, std::move(version.servable)};
    version = {ModelState::kReady, "", fresh.fingerprint, fresh.bytes, std::move(fresh.servable)};
    if (old.servable == nullptr) continue;
    old.servable->Withdraw();
    withdrawn.push_back({number, old.bytes, std::move(old.servable)});
  }
  // With nothing that can be loaded, what serves is better than nothing.
  for (auto& [number, version] : model.versions) {
    if (!by_policy || ready.empty() || ready.contains(number) || version.servable == nullptr) {
      continue;
    }
    withdrawn.push_back(Withdraw(number, version, ModelState::kUnloading));
  }
  return first_error;
}

absl::StatusOr<LiveRepository::Fresh> LiveRepository::LoadOne(const std::string& name, Model& model,
                                                              const ModelFolder& folder,
                                                              const VersionFolder& version) {
  {
    MutexLock lock(mutex_);
    Version& entry = model.versions[version.number];
    if (entry.servable == nullptr) entry.state = ModelState::kLoading;
    entry.reason.clear();
  }
  Fresh fresh;
  fresh.fingerprint = version.fingerprint;
  const auto load = [&]() -> absl::Status {
    OMSERVE_ASSIGN_OR_RETURN(const PipelineSpec spec, LoadVersion(folder, version));
    absl::StatusOr<int64_t> bytes = loader_.BytesOf(spec);
    if (!bytes.ok()) return InFile(spec.manifest_path, bytes.status());
    OMSERVE_RETURN_IF_ERROR(Reserve(name, *bytes));
    absl::StatusOr<std::unique_ptr<Servable>> servable = loader_.Load(spec);
    if (!servable.ok()) {
      MutexLock lock(mutex_);
      bytes_ -= *bytes;
      return InFile(spec.manifest_path, servable.status());
    }
    fresh.bytes = *bytes;
    fresh.servable = *std::move(servable);
    return absl::OkStatus();
  };
  const absl::Status status = load();
  if (status.ok()) return fresh;
  MutexLock lock(mutex_);
  Version& entry = model.versions[version.number];
  if (entry.servable == nullptr) entry.state = ModelState::kUnavailable;
  entry.reason = std::string(status.message());
  return status;
}

absl::Status LiveRepository::UnloadVersions(const std::string& name, Model& model,
                                            const Change& change,
                                            std::vector<Withdrawn>& withdrawn) {
  std::optional<int64_t> only;
  if (!change.version.empty()) {
    OMSERVE_ASSIGN_OR_RETURN(only, ParseVersion(change.version));
  }
  {
    MutexLock lock(mutex_);
    bool known = false;
    for (auto& [number, version] : model.versions) {
      if (only.has_value() && number != *only) continue;
      known = true;
      if (version.servable != nullptr) {
        withdrawn.push_back(Withdraw(number, version, ModelState::kUnloading));
      }
    }
    if (known) return absl::OkStatus();
  }
  // Not loaded is as good as unloaded, but a name must mean something.
  OMSERVE_ASSIGN_OR_RETURN(const ModelFolder folder, FolderOf(name));
  for (const VersionFolder& version : folder.versions) {
    if (!only.has_value() || version.number == *only) return absl::OkStatus();
  }
  return absl::NotFoundError(
      absl::StrCat("version: ", only.value_or(0), " of '", name, "' is not in the repository"));
}

LiveRepository::Withdrawn LiveRepository::Withdraw(int64_t number, Version& version,
                                                   ModelState state) {
  version.servable->Withdraw();
  version.state = state;
  return {number, version.bytes, std::move(version.servable)};
}

void LiveRepository::Drain(Model& model, Withdrawn withdrawn) {
  while (!withdrawn.servable->WaitUnused(clock_.Now() + kGlance)) {
    MutexLock lock(mutex_);
    if (!stopping_) continue;
    left_.push_back(std::move(withdrawn.servable));
    return;
  }
  withdrawn.servable.reset();
  MutexLock lock(mutex_);
  bytes_ -= withdrawn.bytes;
  Version& version = model.versions[withdrawn.number];
  if (version.servable != nullptr) return;  // another one has taken its place
  version.state = ModelState::kUnavailable;
  version.bytes = 0;
  if (version.reason.empty()) version.reason = "unloaded";
}

absl::Status LiveRepository::Reserve(const std::string& name, int64_t bytes) {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (options_.device_bytes == 0 || bytes_ + bytes <= options_.device_bytes) {
        bytes_ += bytes;
        return absl::OkStatus();
      }
      if (!options_.evict || bytes > options_.device_bytes) {
        return absl::ResourceExhaustedError(absl::StrCat(
            "model '", name, "' needs ", MiB(bytes), " of device memory, and ", MiB(bytes_),
            " of repository.device_memory_mib, which is ", MiB(options_.device_bytes),
            ", are taken; unload a model, or raise the limit",
            options_.evict ? "" : ", or let the repository unload the least recently used"));
      }
    }
    OMSERVE_RETURN_IF_ERROR(EvictOne(name));
  }
}

absl::Status LiveRepository::EvictOne(const std::string& name) {
  Model* model = nullptr;
  Withdrawn victim;
  std::string whose;
  {
    MutexLock lock(mutex_);
    Version* oldest = nullptr;
    for (auto& [key, other] : models_) {
      // What a change is at work on is not ours, and the model must not go for its own next
      // version.
      if (key == name || other.busy) continue;
      for (auto& [number, version] : other.versions) {
        if (version.servable == nullptr) continue;
        if (oldest != nullptr && oldest->servable->last_use() <= version.servable->last_use()) {
          continue;
        }
        oldest = &version;
        victim.number = number;
        model = &other;
        whose = key;
      }
    }
    if (oldest == nullptr) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "model '", name, "' has no room in repository.device_memory_mib, which is ",
          MiB(options_.device_bytes), ", and no other model can be unloaded for it now"));
    }
    model->busy = true;
    oldest->reason = absl::StrCat("unloaded to make room for '", name, "'");
    victim = Withdraw(victim.number, *oldest, ModelState::kUnloading);
  }
  spdlog::info("model {} {} goes to make room for {}", whose, victim.number, name);
  Drain(*model, std::move(victim));
  {
    MutexLock lock(mutex_);
    model->busy = false;
    if (stopping_) return absl::UnavailableError("the server is stopping");
  }
  wake_.NotifyAll();
  return absl::OkStatus();
}

}  // namespace omserve
