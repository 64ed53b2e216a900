// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/om_folder.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/device/model.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

constexpr int kMostEntries = 10'000;

}  // namespace

std::string DescribedOm::folder() const { return fs::path(path).parent_path().string(); }
std::string DescribedOm::stem() const { return fs::path(path).stem().string(); }

Shape DescribedOm::RowOf(const ModelTensor& tensor) {
  return Shape(tensor.shape.begin() + 1, tensor.shape.end());
}

std::string NormalFolder(const std::string& folder) {
  fs::path normal = fs::path(folder).lexically_normal();
  if (!normal.has_filename() && normal.has_relative_path()) normal = normal.parent_path();
  return normal == "." ? std::string() : normal.string();
}

absl::StatusOr<std::vector<std::string>> FindOmFiles(const std::string& folder) {
  std::error_code error;
  const fs::path root = fs::path(folder).lexically_normal();
  if (fs::is_regular_file(root, error)) return std::vector<std::string>{root.string()};
  std::vector<std::string> paths;
  int seen = 0;
  fs::recursive_directory_iterator entry(root, fs::directory_options::follow_directory_symlink,
                                         error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (++seen > kMostEntries) {
      return absl::ResourceExhaustedError(absl::StrCat(folder, ": more than ", kMostEntries,
                                                       " files; give the folder of the models"));
    }
    std::error_code none;
    if (entry->path().extension() == ".om" && entry->is_regular_file(none)) {
      paths.push_back(entry->path().lexically_normal().string());
    }
  }
  if (error) return absl::NotFoundError(absl::StrCat(folder, ": ", error.message()));
  if (paths.empty()) {
    return absl::NotFoundError(absl::StrCat(folder, ": no file *.om in it or below"));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

DescribedOm DescribeOm(Device& device, const std::string& path) {
  DescribedOm om;
  om.path = path;
  const auto model = LoadedModel::Load(device, path, 1);
  om.problem = model.status();
  if (model.ok()) om.info = (*model)->info();
  return om;
}

std::string PlainName(const std::string& name) {
  const size_t colon = name.rfind(':');
  if (colon == std::string::npos || colon + 1 == name.size()) return name;
  return name.substr(colon + 1);
}

}  // namespace omserve
