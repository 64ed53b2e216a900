// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/manifest_places.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/registry/text_proto.h"
#include "server/registry/version_policy.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

constexpr char kManifest[] = "pipeline.pbtxt";

// The folder that names a model: above its version's, if that is one.
fs::path ModelFolderOf(const fs::path& folder) {
  return ParseVersion(folder.filename().string()).ok() ? folder.parent_path() : folder;
}

}  // namespace

ManifestPlaces::ManifestPlaces(const std::string& root) : root_(NormalFolder(root)) {
  std::error_code error;
  fs::recursive_directory_iterator entry(root_.empty() ? "." : root_,
                                         fs::directory_options::follow_directory_symlink, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().filename() != kManifest) continue;
    const fs::path path = entry->path().lexically_normal();
    v1::PipelineManifest manifest;
    if (ParseTextProtoFile(path.string(), manifest).ok()) {
      taken_.insert(manifest.name());
    }
    names_[path.string()] = manifest.name();
    for (const v1::StageManifest& stage : manifest.stages()) {
      manifest_of_om_[(path.parent_path() / stage.om_file()).lexically_normal().string()] =
          path.string();
    }
  }
}

std::string ManifestPlaces::ManifestOf(const std::string& om_path) const {
  const auto found = manifest_of_om_.find(fs::path(om_path).lexically_normal().string());
  return found == manifest_of_om_.end() ? std::string() : found->second;
}

bool ManifestPlaces::ServerLooksIn(const std::string& folder) const {
  const fs::path normal = fs::path(folder).lexically_normal();
  return normal != root_ && ModelFolderOf(normal).parent_path() == root_;
}

std::string ManifestPlaces::NewName(const std::string& wanted) {
  std::string name = wanted;
  for (int i = 2; !taken_.insert(name).second; ++i) name = absl::StrCat(wanted, "_", i);
  return name;
}

std::string ManifestPlaces::Place(const std::string& folder, bool alone, PipelineDraft& draft) {
  const std::string there = ManifestOf(draft.om_paths.front());
  if (!there.empty()) {
    const std::string& name = names_[there];
    draft.manifest.set_name(name.empty() ? NewName(CleanName(draft.kind())) : name);
    return there;
  }
  const fs::path own = fs::path(folder) / kManifest;
  if (alone && ServerLooksIn(folder)) {
    const std::string name = ModelFolderOf(fs::path(folder)).filename().string();
    // Versions of one model have one name.
    const bool numbered = ModelFolderOf(fs::path(folder)) != fs::path(folder);
    draft.manifest.set_name(numbered ? CleanName(name) : NewName(CleanName(name)));
    return own.lexically_normal().string();
  }
  const bool single = draft.om_paths.size() == 1;
  const std::string wanted =
      single ? fs::path(draft.om_paths.front()).stem().string() : draft.kind();
  const std::string name = NewName(CleanName(wanted));
  draft.manifest.set_name(name);
  return (fs::path(root_) / name / kManifest).lexically_normal().string();
}

}  // namespace omserve
