// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "pipelines/base/mutex.h"
#include "server/base/thread.h"
#include "server/registry/model_repository.h"

namespace omserve {

// Looks at a repository's folder from time to time and asks for what has changed there: loads of
// models with files that are new or were written, unloads of models that have gone. A change counts
// once two looks in a row have seen the same, so that a file is not read while it is being copied.
// What fails is tried again when the files change again. Owned by the server; stops before the
// repository. Thread-safe.
class RepositoryPoller {
 public:
  // What lies in 'dir' now counts as loaded. 'repository' outlives the poller. With 'interval' zero
  // there is no thread; Look is then called by the owner.
  RepositoryPoller(std::string dir, absl::Duration interval, ModelRepository& repository);
  ~RepositoryPoller();
  RepositoryPoller(const RepositoryPoller&) = delete;
  RepositoryPoller& operator=(const RepositoryPoller&) = delete;

  // One look. A folder that cannot be read is no reason to unload everything: nothing happens then.
  void Look();

 private:
  // Fingerprints by model.
  using Seen = std::map<std::string, uint64_t>;

  void Loop(absl::Duration interval);

  const std::string dir_;
  ModelRepository& repository_;
  Mutex mutex_;
  CondVar wake_;
  Seen acted_ ABSL_GUARDED_BY(mutex_);
  Seen last_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Thread thread_;
};

}  // namespace omserve
