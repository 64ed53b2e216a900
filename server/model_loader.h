// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "pipelines/base/clock.h"
#include "server/batching/batch_engine.h"
#include "server/device/device_set.h"
#include "server/metrics/server_metrics.h"
#include "server/registry/servable.h"
#include "server/registry/server_config.h"
#include "server/service/batch_metrics.h"
#include "server/service/model_catalog.h"

namespace omserve {

// The pipeline of a manifest, without its models. INVALID_ARGUMENT for numbers that cannot work.
absl::StatusOr<ServedPipeline> MakePipeline(const PipelineSpec& spec);

// Makes manifests served models: loads the OM files, brings them to the engine, and to the catalog
// when they are published. Owned by the server, before the repository. Thread-safe.
class ModelLoader final : public ServableLoader {
 public:
  // Told when a name begins to be served, or ceases to be. Must not wait.
  using NameListener = std::function<void(const std::string& name, bool served)>;

  // Everything borrowed outlives the loader.
  struct Parts {
    const ServerConfig& config;
    const Clock& clock;
    DeviceSet& devices;
    ServerMetrics& metrics;
    BatchMetrics& batch_metrics;
    BatchEngine& engine;
    ModelCatalog& catalog;
    StatisticsBook& statistics;
  };
  ModelLoader(const Parts& parts, NameListener on_name)
      : parts_(parts), on_name_(std::move(on_name)) {}

  absl::StatusOr<int64_t> BytesOf(const PipelineSpec& spec) override;
  absl::StatusOr<std::unique_ptr<Servable>> Load(const PipelineSpec& spec) override;

  // What the metrics say of every model: ready, or not whatever is loaded.
  void SetServing(bool serving);

 private:
  class LoadedVersion;

  const Parts parts_;
  const NameListener on_name_;
  std::atomic<bool> serving_{false};
};

}  // namespace omserve
