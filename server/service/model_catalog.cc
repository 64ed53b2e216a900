// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/model_catalog.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

// A name that a client sent may be long or strange; the answer shows the start of it.
std::string Shown(std::string_view name) { return std::string(name.substr(0, 64)); }

}  // namespace

std::string_view ServedModel::LabelName(int label) const {
  if (label < 0 || static_cast<size_t>(label) >= labels.size()) return {};
  return labels[static_cast<size_t>(label)];
}

void ModelCatalog::Publish(std::shared_ptr<const ServedModel> model) {
  MutexLock lock(mutex_);
  models_[model->name][model->number] = std::move(model);
}

void ModelCatalog::Withdraw(const ServedModel& model) {
  MutexLock lock(mutex_);
  const auto versions = models_.find(model.name);
  if (versions != models_.end()) {
    const auto found = versions->second.find(model.number);
    // Another one may have taken its place.
    if (found != versions->second.end() && found->second.get() == &model) {
      versions->second.erase(found);
    }
    if (versions->second.empty()) models_.erase(versions);
  }
  model.users.Close();
}

bool ModelCatalog::Has(std::string_view name, int64_t number) const {
  MutexLock lock(mutex_);
  const auto found = models_.find(name);
  return found != models_.end() && (number == 0 || found->second.contains(number));
}

std::vector<ModelPin> ModelCatalog::All() const {
  std::vector<ModelPin> out;
  MutexLock lock(mutex_);
  for (const auto& [name, versions] : models_) {
    for (const auto& [number, model] : versions) {
      if (std::optional<Gate::Pass> pass = model->users.Enter()) {
        out.push_back(ModelPin(*model, *std::move(pass)));
      }
    }
  }
  return out;
}

absl::StatusOr<const ServedModel*> ModelCatalog::VersionOf(const Versions& versions,
                                                           std::string_view version) {
  if (version.empty()) return versions.rbegin()->second.get();
  std::vector<std::string> there;
  for (const auto& [number, model] : versions) {
    if (model->version == version) return model.get();
    there.push_back(model->version);
  }
  const std::string& name = versions.begin()->second->name;
  return absl::NotFoundError(
      absl::StrCat("version: '", Shown(version), "' of '", name,
                   "' is not served; these are: ", absl::StrJoin(there, ", ")));
}

absl::StatusOr<ModelPin> ModelCatalog::Find(std::string_view name, std::string_view version,
                                            bool (*fits)(const ServedModel&)) const {
  MutexLock lock(mutex_);
  auto found = models_.end();
  if (!name.empty()) found = models_.find(name);
  if (name.empty() || found == models_.end() || !fits(*found->second.rbegin()->second)) {
    std::vector<std::string> fitting;
    for (auto it = models_.begin(); it != models_.end(); ++it) {
      if (!fits(*it->second.rbegin()->second)) continue;
      fitting.push_back(it->first);
      if (name.empty()) found = it;
    }
    const std::string names = absl::StrJoin(fitting, ", ");
    if (name.empty() && fitting.empty()) {
      return absl::NotFoundError("model: no model serves this method");
    }
    if (name.empty() && fitting.size() > 1) {
      return absl::InvalidArgumentError(absl::StrCat("model: must be one of ", names));
    }
    if (!name.empty() && found == models_.end()) {
      return absl::NotFoundError(
          absl::StrCat("model: '", Shown(name), "' is not served; these are: ", names));
    }
    if (!name.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("model: '", Shown(name), "' does not serve this method; these do: ", names));
    }
  }
  OMSERVE_ASSIGN_OR_RETURN(const ServedModel* model, VersionOf(found->second, version));
  if (!fits(*model)) {
    return absl::InvalidArgumentError(absl::StrCat("version: '", Shown(version), "' of '",
                                                   found->first, "' does not serve this method"));
  }
  // What is in the map is open: Withdraw takes it out first.
  std::optional<Gate::Pass> pass = model->users.Enter();
  if (!pass) return absl::UnavailableError("the model is stopping; try again");
  model->last_use.store(++uses_, std::memory_order_relaxed);
  return ModelPin(*model, *std::move(pass));
}

}  // namespace omserve
