// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "external_data.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace hostacl {
namespace {

// True when `path` is `folder` or lies below it. Both are canonical.
bool Within(const std::filesystem::path& folder, const std::filesystem::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace

bool CheckExternalData(const std::string& path, const OnnxFile& file, std::string* problem) {
  std::error_code error;
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  folder = std::filesystem::canonical(folder.empty() ? "." : folder, error);
  if (error) {
    *problem = "cannot read the folder of " + path + ": " + error.message();
    return false;
  }
  for (const OnnxExternal& external : file.externals) {
    const std::string who = "tensor " + external.tensor + " of " + path + ": its data file ";
    const std::filesystem::path location(external.location);
    const std::filesystem::path target =
        std::filesystem::weakly_canonical(folder / location, error);
    if (external.location.empty() || location.is_absolute() || error || !Within(folder, target)) {
      *problem = who + "\"" + external.location +
                 "\" leaves the model's folder, which is not allowed; put it beside the model";
      return false;
    }
    if (!std::filesystem::is_regular_file(target, error)) {
      *problem = who + target.string() + " is not there; it belongs to the model";
      return false;
    }
    const uint64_t size = std::filesystem::file_size(target, error);
    if (error || external.offset > size || external.length > size - external.offset) {
      *problem = who + target.string() + " is too short: it has " + std::to_string(size) +
                 " bytes, and " + std::to_string(external.length) + " are read from offset " +
                 std::to_string(external.offset);
      return false;
    }
  }
  return true;
}

}  // namespace hostacl
