// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/repository_poller.h"

#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "server/registry/repository_scan.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

absl::StatusOr<std::map<std::string, uint64_t>> Fingerprints(const std::string& dir) {
  const absl::StatusOr<std::vector<ModelFolder>> folders = ScanModelDir(dir);
  if (!folders.ok()) return folders.status();
  std::map<std::string, uint64_t> out;
  for (const ModelFolder& folder : *folders) {
    uint64_t all = folder.problem.ok() ? 0 : 1;
    for (const VersionFolder& version : folder.versions) {
      all = absl::HashOf(all, version.number, version.fingerprint);
    }
    out[folder.name] = all;
  }
  return out;
}

}  // namespace

RepositoryPoller::RepositoryPoller(std::string dir, absl::Duration interval,
                                   ModelRepository& repository)
    : dir_(std::move(dir)), repository_(repository) {
  {
    MutexLock lock(mutex_);
    acted_ = Fingerprints(dir_).value_or(Seen());
    last_ = acted_;
  }
  if (interval > absl::ZeroDuration()) {
    thread_ = Thread("poll-models", [this, interval] { Loop(interval); });
  }
}

RepositoryPoller::~RepositoryPoller() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  thread_.Join();
}

void RepositoryPoller::Look() {
  const absl::StatusOr<Seen> now = Fingerprints(dir_);
  if (!now.ok()) {
    spdlog::warn("the models are not looked at: {}", std::string(now.status().message()));
    return;
  }
  std::vector<std::string> load, unload;
  {
    MutexLock lock(mutex_);
    const auto find = [](const Seen& seen, const std::string& name) {
      const auto found = seen.find(name);
      return found == seen.end() ? nullptr : &found->second;
    };
    for (const auto& [name, print] : *now) {
      const uint64_t* const before = find(last_, name);
      const uint64_t* const acted = find(acted_, name);
      const bool settled = before != nullptr && *before == print;
      if (!settled || (acted != nullptr && *acted == print)) continue;
      acted_[name] = print;
      load.push_back(name);
    }
    for (auto it = acted_.begin(); it != acted_.end();) {
      const std::string& name = it->first;
      const bool gone = find(*now, name) == nullptr && find(last_, name) == nullptr;
      if (gone) unload.push_back(name);
      it = gone ? acted_.erase(it) : std::next(it);
    }
    last_ = *now;
  }
  const auto tell = [](const std::string& name, const char* what) {
    return [name, what](const absl::Status& status) {
      if (status.ok()) spdlog::info("model {} {}: its files have changed", name, what);
    };
  };
  for (const std::string& name : load) repository_.Load(name, "", tell(name, "loaded"));
  for (const std::string& name : unload) repository_.Unload(name, "", tell(name, "unloaded"));
}

void RepositoryPoller::Loop(absl::Duration interval) {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!stopping_) wake_.WaitFor(mutex_, interval);
      if (stopping_) return;
    }
    Look();
  }
}

}  // namespace omserve
