// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace omserve {

// Where a version of a model is in its life.
//
//   UNAVAILABLE -> LOADING -> READY -> UNLOADING -> UNAVAILABLE
//                     |
//                     +-> UNAVAILABLE, with the reason
//
// A version that is loaded anew is READY all the time: the one before serves until the swap, and
// goes on if the new one cannot be loaded.
enum class ModelState : uint8_t { kUnavailable, kLoading, kReady, kUnloading };
// "UNAVAILABLE", "LOADING", "READY", "UNLOADING".
std::string_view ModelStateName(ModelState state);

// One version of one model, as the repository knows it. A value.
struct ModelVersion {
  std::string name;
  std::string version;  // a decimal number, the name of its folder
  ModelState state = ModelState::kUnavailable;
  // Why it is not READY, or why loading it anew failed; may be empty.
  std::string reason;
  int64_t device_bytes = 0;  // on the device that has most of it; 0 unless loaded
};

// The models that there are, and which of them are loaded. What asks for a change never waits for
// it. Requests find loaded versions in the ModelCatalog, whose pins keep a version loaded that was
// unloaded or replaced meanwhile, until the last of them goes. Thread-safe.
class ModelRepository {
 public:
  // Hears what became of a change; called exactly once, on a thread of the repository or inside the
  // call when it is refused at once. Must not wait.
  using Done = absl::AnyInvocable<void(absl::Status)>;

  virtual ~ModelRepository() = default;

  // All versions of all models in the folder, and those still loaded that have gone from it; by
  // name, then by version.
  virtual std::vector<ModelVersion> Index() const = 0;

  // Changes of one model are done one after the other, in the order of the calls. An empty
  // 'version' means those that the version policy wants.
  //
  // Load: loads what is not loaded or has changed on disk, switches requests over to it at once,
  // and unloads what the policy does not want any more. When 'done' hears OK the new version
  // serves; the old one may still be at work on requests that it had.
  // Reload: the same, also for what has not changed.
  // Unload: no new requests; 'done' hears OK when nobody finds it any more.
  //
  // Errors: INVALID_ARGUMENT (not a name or a version); NOT_FOUND (no such model or version);
  // RESOURCE_EXHAUSTED (device memory, or too many changes wait); UNAVAILABLE (stopping); those of
  // LoadManifest and LoadedStage::Load. After an error what served before goes on.
  virtual void Load(std::string name, std::string version, Done done) = 0;
  virtual void Reload(std::string name, std::string version, Done done) = 0;
  virtual void Unload(std::string name, std::string version, Done done) = 0;
};

}  // namespace omserve
