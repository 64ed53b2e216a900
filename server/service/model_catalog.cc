// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/model_catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace omserve {
namespace {

// A name that a client sent may be long or strange; the answer shows the start of it.
std::string Shown(std::string_view name) { return std::string(name.substr(0, 64)); }

}  // namespace

std::string_view ServedModel::LabelName(int label) const {
  if (label < 0 || static_cast<size_t>(label) >= labels.size()) return {};
  return labels[static_cast<size_t>(label)];
}

absl::Status ModelCatalog::Add(std::unique_ptr<ServedModel> model) {
  const std::string name = model->name;
  if (!models_.emplace(name, std::move(model)).second) {
    return absl::AlreadyExistsError(absl::StrCat("model '", name, "' is there already"));
  }
  return absl::OkStatus();
}

std::vector<const ServedModel*> ModelCatalog::All() const {
  std::vector<const ServedModel*> out;
  for (const auto& [name, model] : models_) out.push_back(model.get());
  return out;
}

absl::StatusOr<const ServedModel*> ModelCatalog::Find(std::string_view name,
                                                      bool (*fits)(const ServedModel&)) const {
  std::vector<std::string> fitting;
  const ServedModel* only = nullptr;
  for (const auto& [key, model] : models_) {
    if (!fits(*model)) continue;
    fitting.push_back(key);
    only = model.get();
  }
  if (name.empty()) {
    if (fitting.size() == 1) return only;
    if (fitting.empty()) return absl::NotFoundError("model: no model serves this method");
    return absl::InvalidArgumentError(
        absl::StrCat("model: must be one of ", absl::StrJoin(fitting, ", ")));
  }
  const auto found = models_.find(name);
  if (found == models_.end()) {
    return absl::NotFoundError(absl::StrCat(
        "model: '", Shown(name), "' is not served; these are: ", absl::StrJoin(fitting, ", ")));
  }
  if (!fits(*found->second)) {
    return absl::InvalidArgumentError(
        absl::StrCat("model: '", Shown(name),
                     "' does not serve this method; these do: ", absl::StrJoin(fitting, ", ")));
  }
  return found->second.get();
}

}  // namespace omserve
