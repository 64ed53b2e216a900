// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/registry/manifest.h"

namespace omserve {

// One version of a model that is loaded and warm. Owned by the repository; a change of its model is
// the only one to call it, but for last_use. Its destructor unloads, and blocks for that; nobody
// may use it then.
class Servable {
 public:
  virtual ~Servable() = default;

  // Requests find it from now on, instead of one of the same name and version.
  virtual void Publish() = 0;
  // Requests do not find it any more; those that have it go on.
  virtual void Withdraw() = 0;
  // Blocks until no request has it (true) or the deadline is reached. REQUIRES: withdrawn.
  virtual bool WaitUnused(absl::Time deadline) = 0;
  // Ends what waits in it with UNAVAILABLE: the server stops.
  virtual void Close() = 0;
  // The higher, the later a request asked for it; 0 when none did.
  virtual int64_t last_use() const = 0;
};

// Makes versions servable. Outlives the repository. Thread-safe.
class ServableLoader {
 public:
  virtual ~ServableLoader() = default;

  // Device memory that it will need, bytes, on the device that needs most. Errors as Load.
  virtual absl::StatusOr<int64_t> BytesOf(const PipelineSpec& spec) = 0;
  // Loads and warms it beside whatever runs; nobody finds it before Publish. Blocks. Errors: those
  // of LoadedStage::Load, and of the pipeline for what does not fit together.
  virtual absl::StatusOr<std::unique_ptr<Servable>> Load(const PipelineSpec& spec) = 0;
};

}  // namespace omserve
