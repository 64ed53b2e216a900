// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/registry/manifest.h"

namespace omserve {

// One version of a model as it lies in the repository's folder. A value.
struct VersionFolder {
  int64_t number = 1;
  std::string manifest;  // path of its pipeline.pbtxt, or of its OM file when it has none
  // Changes whenever a file in the folder of the version comes, goes, or is written.
  uint64_t fingerprint = 0;
};

// One model as it lies there. A value.
struct ModelFolder {
  std::string name;
  std::string path;
  std::vector<VersionFolder> versions;  // ascending
  // Why it cannot be loaded whatever its files say: two folders claim the name, or it has both
  // forms.
  absl::Status problem;
};

// Looks through 'dir', which holds models in these forms:
//
//   dir/NAME/VERSION/pipeline.pbtxt   VERSION is a number; the manifest's name is NAME
//   dir/FOLDER/pipeline.pbtxt         version 1 of the model that the manifest names
//   dir/NAME.om                       version 1 of a model that is served as it is, unless one of
//                                     the manifests is about the file
//
// Other folders are no models. By name. Errors: NOT_FOUND ('dir' cannot be read).
absl::StatusOr<std::vector<ModelFolder>> ScanModelDir(const std::string& dir);

// The manifest of one version, with the number of the folder as its version. Errors: those of
// LoadManifest; INVALID_ARGUMENT when it names another model or version than its folder.
absl::StatusOr<PipelineSpec> LoadVersion(const ModelFolder& model, const VersionFolder& version);

// Letters, digits, '.', '_' and '-', at most 128, and not only dots. INVALID_ARGUMENT.
absl::Status CheckModelName(std::string_view name);

}  // namespace omserve
