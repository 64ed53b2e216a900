// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/repository_scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "omserve/v1/manifest.pb.h"
#include "pipelines/base/status_macros.h"
#include "server/registry/text_proto.h"
#include "server/registry/version_policy.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

constexpr char kManifest[] = "pipeline.pbtxt";
constexpr size_t kMaxFiles = 10'000;  // looked at in one folder

// What a manifest says of itself.
struct ManifestFacts {
  std::string
      name;  // the folder's when it cannot be read, so that it can be named in the complaint
  std::vector<std::string> om_files;
};

ManifestFacts FactsOf(const fs::path& manifest) {
  v1::PipelineManifest parsed;
  ManifestFacts facts;
  if (ParseTextProtoFile(manifest.string(), parsed).ok()) facts.name = parsed.name();
  if (facts.name.empty()) facts.name = manifest.parent_path().filename().string();
  for (const v1::StageManifest& stage : parsed.stages()) {
    facts.om_files.push_back(
        (manifest.parent_path() / stage.om_file()).lexically_normal().string());
  }
  return facts;
}

// Sizes and times of all files below and of 'others'. What cannot be read counts as absent.
uint64_t FingerprintOf(const fs::path& folder, const std::vector<std::string>& others) {
  std::vector<std::string> files;
  std::error_code error;
  const auto add = [&files](const fs::path& path) {
    struct stat found = {};
    if (stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return;
    files.push_back(absl::StrCat(path.string(), "|", found.st_size, "|", found.st_ino, "|",
                                 found.st_mtim.tv_sec, ".", found.st_mtim.tv_nsec));
  };
  for (const std::string& other : others) add(other);
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator() && files.size() < kMaxFiles;
       it.increment(error)) {
    add(it->path());
  }
  std::sort(files.begin(), files.end());
  return absl::HashOf(files);
}

// 'claimed' gets the OM files of its manifests.
ModelFolder Look(const fs::path& folder, std::set<std::string>& claimed) {
  ModelFolder model;
  model.path = folder.string();
  model.name = folder.filename().string();
  std::error_code error;
  fs::directory_iterator it(folder, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    const absl::StatusOr<int64_t> number = ParseVersion(it->path().filename().string());
    const fs::path manifest = it->path() / kManifest;
    std::error_code none;
    if (!number.ok() || !fs::is_regular_file(manifest, none)) continue;
    const ManifestFacts facts = FactsOf(manifest);
    claimed.insert(facts.om_files.begin(), facts.om_files.end());
    model.versions.push_back(
        {*number, manifest.string(), FingerprintOf(it->path(), facts.om_files)});
  }
  if (fs::is_regular_file(folder / kManifest, error)) {
    const ManifestFacts facts = FactsOf(folder / kManifest);
    claimed.insert(facts.om_files.begin(), facts.om_files.end());
    if (!model.versions.empty()) {
      model.problem = absl::InvalidArgumentError(
          absl::StrCat(model.path, ": has a ", kManifest,
                       " and folders of versions; move the manifest into one of them"));
    } else {
      model.versions.push_back(
          {1, (folder / kManifest).string(), FingerprintOf(folder, facts.om_files)});
    }
    model.name = facts.name;
  }
  std::sort(model.versions.begin(), model.versions.end(),
            [](const auto& a, const auto& b) { return a.number < b.number; });
  return model;
}

// An OM file without a manifest.
ModelFolder LookAtOm(const fs::path& om) {
  ModelFolder model;
  model.path = om.parent_path().string();
  model.name = om.stem().string();
  if (const absl::Status named = CheckModelName(model.name); !named.ok()) {
    model.problem = absl::InvalidArgumentError(
        absl::StrCat(om.string(), ": rename the file: ", named.message()));
  }
  struct stat found = {};
  stat(om.c_str(), &found);
  const uint64_t print = absl::HashOf(
      static_cast<int64_t>(found.st_size), static_cast<uint64_t>(found.st_ino),
      static_cast<int64_t>(found.st_mtim.tv_sec), static_cast<int64_t>(found.st_mtim.tv_nsec));
  model.versions.push_back({1, om.string(), print});
  return model;
}

// What a manifest would say of it: tensors in and out, in the order of the OM.
PipelineSpec SpecOfOm(const ModelFolder& model, const std::string& om) {
  PipelineSpec spec;
  spec.name = model.name;
  spec.version = "1";
  spec.manifest_path = om;
  spec.config = TensorConfig();
  StageSpec stage;
  stage.name = model.name;
  stage.om_path = om;
  spec.stages.push_back(std::move(stage));
  return spec;
}

bool IsOm(const fs::path& path) {
  std::error_code error;
  return path.extension() == ".om" && fs::is_regular_file(path, error);
}

}  // namespace

absl::Status CheckModelName(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  const bool dots = std::all_of(name.begin(), name.end(), [](char c) { return c == '.'; });
  if (!dots && name.size() <= 128 && std::all_of(name.begin(), name.end(), plain)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "model: a name has 1 to 128 letters, digits, '.', '_' and '-', and not dots alone");
}

absl::StatusOr<std::vector<ModelFolder>> ScanModelDir(const std::string& dir) {
  std::error_code error;
  fs::directory_iterator it(dir, error);
  if (error) return absl::NotFoundError(absl::StrCat("model_dir: ", dir, ": ", error.message()));
  std::vector<fs::path> folders;
  for (; !error && it != fs::directory_iterator() && folders.size() < kMaxFiles;
       it.increment(error)) {
    folders.push_back(it->path());
  }
  std::sort(folders.begin(), folders.end());
  std::set<std::string> claimed;
  std::vector<ModelFolder> found;
  for (const fs::path& folder : folders) {
    if (!IsOm(folder)) found.push_back(Look(folder, claimed));
  }
  for (const fs::path& om : folders) {
    if (IsOm(om) && claimed.count(om.lexically_normal().string()) == 0) {
      found.push_back(LookAtOm(om));
    }
  }
  std::map<std::string, ModelFolder> models;
  for (ModelFolder& model : found) {
    if (model.versions.empty()) continue;
    const std::string name = model.name;
    const std::string manifest = model.versions.front().manifest;
    const auto [first, fresh] = models.try_emplace(name, std::move(model));
    if (fresh) continue;
    first->second.problem = absl::AlreadyExistsError(absl::StrCat(
        manifest, ": name: '", name, "' is also in ", first->second.versions.front().manifest));
  }
  std::vector<ModelFolder> out;
  for (auto& [name, model] : models) out.push_back(std::move(model));
  return out;
}

absl::StatusOr<PipelineSpec> LoadVersion(const ModelFolder& model, const VersionFolder& version) {
  OMSERVE_RETURN_IF_ERROR(model.problem);
  if (IsOm(version.manifest)) return SpecOfOm(model, version.manifest);
  OMSERVE_ASSIGN_OR_RETURN(PipelineSpec spec, LoadManifest(version.manifest));
  const auto wrong = [&](const auto&... text) {
    return absl::InvalidArgumentError(absl::StrCat(version.manifest, ": ", text...));
  };
  const bool numbered =
      std::filesystem::path(version.manifest).parent_path() != std::filesystem::path(model.path);
  if (spec.name != model.name) {
    return wrong("name: '", spec.name, "' lies in the folder of '", model.name,
                 "'; they must be the same");
  }
  const std::string number = absl::StrCat(version.number);
  if (numbered && !spec.version.empty() && spec.version != number) {
    return wrong("version: '", spec.version, "' lies in folder ", number,
                 "; leave it out or make them the same");
  }
  spec.number = version.number;
  if (numbered || spec.version.empty()) spec.version = number;
  return spec;
}

}  // namespace omserve
