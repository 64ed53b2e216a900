// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/resolved_model.h"

#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace omserve::kserve {
namespace {

constexpr size_t kMostShown = 64;

}  // namespace

const ServedStage* FindStage(const ServedModel& model, std::string_view stage) {
  const bool alone = std::holds_alternative<TensorModel>(model.pipeline);
  for (const ServedStage& candidate : model.stage_models) {
    if (candidate.name == stage || (alone && stage.empty())) return &candidate;
  }
  return nullptr;
}

absl::StatusOr<ResolvedModel> ResolveModel(const ModelCatalog& catalog, std::string_view name,
                                           std::string_view version) {
  if (name.empty()) {
    return absl::InvalidArgumentError("model_name: is empty; RepositoryIndex lists the models");
  }
  absl::StatusOr<ModelPin> whole = absl::NotFoundError("the model is not served any more");
  if (catalog.Has(name)) whole = catalog.FindAny(name, version);  // which takes long to fail
  if (whole.ok()) {
    const ServedStage* const alone = FindStage(**whole, {});
    return ResolvedModel{{std::string(name), {}}, *std::move(whole), alone};
  }
  const size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot > 0 && dot + 1 < name.size()) {
    absl::StatusOr<ModelPin> pin = catalog.FindAny(name.substr(0, dot), version);
    if (pin.ok()) {
      const ServedStage* const stage = FindStage(**pin, name.substr(dot + 1));
      if (stage != nullptr) {
        return ResolvedModel{{(*pin)->name, stage->name}, *std::move(pin), stage};
      }
    } else if (catalog.FindAny(name.substr(0, dot)).ok()) {
      return pin.status();  // the version is what is not there
    }
  }
  if (catalog.Has(name)) return whole.status();
  return absl::NotFoundError(absl::StrCat("model '",
                                          absl::CHexEscape(std::string(name.substr(0, kMostShown))),
                                          "' is not served; RepositoryIndex lists the models"));
}

}  // namespace omserve::kserve
