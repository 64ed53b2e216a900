// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/base/mutex.h"
#include "pipelines/graphs/classify.h"
#include "pipelines/graphs/internvit.h"
#include "pipelines/graphs/model_runner.h"
#include "pipelines/graphs/ppocr.h"
#include "pipelines/graphs/tensor_model.h"
#include "pipelines/graphs/vitdet.h"
#include "server/base/gate.h"
#include "server/device/model_info.h"
#include "server/metrics/server_metrics.h"

namespace omserve {

// One stage as a model of its own. Immutable.
struct ServedStage {
  std::string name;        // as in 'stages'
  ModelInfo info;          // inputs, outputs and gears
  RequestMetrics metrics;  // of requests for the stage alone
  int64_t most_items = 0;  // that one request may have; 0 is no limit
};

// What a version runs.
using ServedPipeline = std::variant<VitDet, InternVit, PpOcr, TensorModel, Classify>;

// One version of a pipeline that is served. Immutable but for who uses it, so thread-safe.
struct ServedModel {
  std::string name;
  std::string version;
  std::vector<std::string> labels;
  std::vector<std::string> stages;
  ServedPipeline pipeline;
  std::unique_ptr<ModelRunner> runner;
  RequestMetrics metrics;
  ImageLimits limits;
  // Of its video streams; only set for pipelines that serve them.
  RequestMetrics frame_metrics = {};
  StreamMetrics stream_metrics = {};
  // Of the stages, in their order; for the protocols that serve each of them as a model.
  std::vector<ServedStage> stage_models = {};
  RequestMetrics infer_metrics = {};  // of the pipeline as such a model
  ModelMetrics model_metrics = {};
  int64_t number = 1;  // of the version: the highest is the latest

  // One pass a pin. Closed when the version is withdrawn; it may go when it is empty.
  mutable Gate users = {};
  // The place of the last pin among all of the catalog; 0 when there was none.
  mutable std::atomic<int64_t> last_use = 0;

  // Empty when there is no such label.
  std::string_view LabelName(int label) const;
};

// A counted handle: the version stays loaded as long as there is one. Move-only, thread-compatible.
class ModelPin {
 public:
  const ServedModel& operator*() const { return *model_; }
  const ServedModel* operator->() const { return model_; }

 private:
  friend class ModelCatalog;
  ModelPin(const ServedModel& model, Gate::Pass pass) : model_(&model), pass_(std::move(pass)) {}

  const ServedModel* model_;
  Gate::Pass pass_;
};

// The versions that requests can find, by name and number. Owned by the server. Thread-safe.
class ModelCatalog {
 public:
  // Shared with the owner of the model, who alone lets it go after Withdraw; this way a model that
  // nobody withdraws cannot go from under a lookup. Takes the place of a model of that name and
  // number, if there is one: requests from now on find the new one.
  void Publish(std::shared_ptr<const ServedModel> model);
  // No lookup gives it any more, and model.users is closed. Those who have it go on.
  void Withdraw(const ServedModel& model);

  // The latest version, or the one named, of the model of that name that runs a 'Pipeline'; an
  // empty name is fine when there is one only. NOT_FOUND lists what there is; INVALID_ARGUMENT when
  // the name must be given, or names another kind.
  template <typename Pipeline>
  absl::StatusOr<ModelPin> Find(std::string_view name, std::string_view version = {}) const {
    return Find(name, version,
                [](const ServedModel& m) { return std::holds_alternative<Pipeline>(m.pipeline); });
  }
  // The same whatever it runs.
  absl::StatusOr<ModelPin> FindAny(std::string_view name, std::string_view version = {}) const {
    return Find(name, version, [](const ServedModel&) { return true; });
  }

  // Whether there is a version of that number, or any with 0.
  bool Has(std::string_view name, int64_t number = 0) const;

  // In the order of the names, then of the versions.
  std::vector<ModelPin> All() const;

 private:
  using Versions = std::map<int64_t, std::shared_ptr<const ServedModel>>;

  absl::StatusOr<ModelPin> Find(std::string_view name, std::string_view version,
                                bool (*fits)(const ServedModel&)) const;
  static absl::StatusOr<const ServedModel*> VersionOf(const Versions& versions,
                                                      std::string_view version);

  mutable Mutex mutex_;
  std::map<std::string, Versions, std::less<>> models_ ABSL_GUARDED_BY(mutex_);
  mutable int64_t uses_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace omserve
