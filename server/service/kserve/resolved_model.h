// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "server/service/model_catalog.h"

namespace omserve::kserve {

// What the name of a model means. A value.
struct ModelName {
  std::string pipeline;
  std::string stage;  // empty: the whole pipeline, or a model that is one stage

  // "pipeline" or "pipeline.stage".
  std::string whole() const { return stage.empty() ? pipeline : pipeline + "." + stage; }
};

// A model and the version of it that was found; keeps it loaded. Move-only.
struct ResolvedModel {
  ModelName name;
  ModelPin pin;
  const ServedStage* stage = nullptr;  // of the pinned version; null: a pipeline with steps
};

// The stage of that name; null when there is none. A model that is served as it is has one, which
// the empty name means as well.
const ServedStage* FindStage(const ServedModel& model, std::string_view stage);

// The model of that name: a pipeline, or behind its last dot one of its stages. An empty version
// is the latest. NOT_FOUND, INVALID_ARGUMENT for an empty name.
absl::StatusOr<ResolvedModel> ResolveModel(const ModelCatalog& catalog, std::string_view name,
                                           std::string_view version);

}  // namespace omserve::kserve
