// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/graphs/internvit.h"
#include "pipelines/graphs/model_runner.h"
#include "pipelines/graphs/ppocr.h"
#include "pipelines/graphs/vitdet.h"
#include "server/metrics/server_metrics.h"

namespace omserve {

// One pipeline that is served. Immutable after the start, so thread-safe.
struct ServedModel {
  std::string name;
  std::string version;
  std::vector<std::string> labels;
  std::vector<std::string> stages;
  std::variant<VitDet, InternVit, PpOcr> pipeline;
  std::unique_ptr<ModelRunner> runner;
  RequestMetrics metrics;
  ImageLimits limits;
  // Of its video streams; only set for pipelines that serve them.
  RequestMetrics frame_metrics = {};
  StreamMetrics stream_metrics = {};

  // Empty when there is no such label.
  std::string_view LabelName(int label) const;
};

// The models by name. Filled at start, immutable then, so thread-safe. Owned by the server.
class ModelCatalog {
 public:
  // ALREADY_EXISTS when the name is taken.
  absl::Status Add(std::unique_ptr<ServedModel> model);

  // The model of that name that runs a 'Pipeline'; an empty name is fine when there is one only.
  // NOT_FOUND lists the names; INVALID_ARGUMENT when the name must be given, or names another kind.
  template <typename Pipeline>
  absl::StatusOr<const ServedModel*> Find(std::string_view name) const {
    return Find(name,
                [](const ServedModel& m) { return std::holds_alternative<Pipeline>(m.pipeline); });
  }

  // In the order of the names.
  std::vector<const ServedModel*> All() const;

 private:
  absl::StatusOr<const ServedModel*> Find(std::string_view name,
                                          bool (*fits)(const ServedModel&)) const;

  std::map<std::string, std::unique_ptr<ServedModel>, std::less<>> models_;
};

}  // namespace omserve
