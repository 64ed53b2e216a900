// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/labels_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMostBytes = 16 << 20;

// -1 when a line in the middle is empty or the file cannot be read.
int64_t LinesOf(const fs::path& path) {
  std::error_code error;
  if (fs::file_size(path, error) > kMostBytes || error) return -1;
  std::ifstream file(path);
  int64_t lines = 0, empty = 0;
  for (std::string line; std::getline(file, line);) {
    const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
    if (!blank && empty > 0) return -1;
    blank ? ++empty : ++lines;
  }
  return lines > 0 ? lines : -1;
}

// How well a name fits; 0 is not at all.
int RankOf(const std::string& name, const std::string& stem) {
  if (name == stem + ".txt" || name == stem + ".labels" || name == stem + "_labels.txt") return 3;
  const bool text = absl::EndsWith(name, ".txt") || absl::EndsWith(name, ".labels");
  const bool known = absl::StartsWith(name, "labels") || absl::StartsWith(name, "classes") ||
                     absl::StartsWith(name, "synset");
  if (text && known) return 2;
  return absl::EndsWith(name, ".names") ? 1 : 0;
}

template <typename Rank>
std::vector<LabelsFile> Find(const std::string& folder, const Rank& rank) {
  std::error_code error;
  std::vector<std::pair<int, LabelsFile>> found;
  fs::directory_iterator entry(folder.empty() ? "." : folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code none;
    const int fits = rank(entry->path().filename().string());
    if (fits == 0 || !entry->is_regular_file(none)) continue;
    const int64_t lines = LinesOf(entry->path());
    if (lines > 0) found.push_back({-fits, {entry->path().lexically_normal().string(), lines}});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.path) < std::tie(b.first, b.second.path);
  });
  std::vector<LabelsFile> files;
  for (auto& [fits, file] : found) files.push_back(std::move(file));
  return files;
}

}  // namespace

std::vector<LabelsFile> FindLabels(const std::string& folder, const std::string& stem) {
  return Find(folder, [&](const std::string& name) { return RankOf(name, stem); });
}

std::vector<LabelsFile> FindDictionaries(const std::string& folder) {
  return Find(folder, [](const std::string& name) {
    return absl::EndsWith(name, ".txt") &&
                   (absl::StrContains(name, "dict") || absl::StrContains(name, "keys"))
               ? 1
               : 0;
  });
}

std::optional<LabelsFile> OfLines(const std::vector<LabelsFile>& files, int64_t lines) {
  for (const LabelsFile& file : files) {
    if (file.lines == lines) return file;
  }
  return std::nullopt;
}

}  // namespace omserve
