// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/cost_cache.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;
using scheduling::GearCosts;

// The first line of a file; another one means that nothing is known.
constexpr char kMark[] = "omserve gear costs 1";
constexpr size_t kSample = 64 << 10;
constexpr uint64_t kSamples = 64;

// FNV-1a, 64 bit (public domain; Fowler, Noll, Vo).
uint64_t Hash(uint64_t hash, const char* data, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) {
    hash = (hash ^ static_cast<unsigned char>(data[i])) * 0x100000001b3;
  }
  return hash;
}

}  // namespace

absl::StatusOr<std::string> CostCache::KeyOf(const std::string& om_path) {
  std::ifstream file(om_path, std::ios::binary);
  std::error_code error;
  const uint64_t size = fs::file_size(om_path, error);
  if (!file || error) return absl::NotFoundError(absl::StrCat(om_path, " cannot be read"));
  uint64_t hash = 0xcbf29ce484222325;
  std::array<char, kSample> sample;
  const uint64_t last = size > kSample ? size - kSample : 0;
  const uint64_t step = std::max<uint64_t>(last / kSamples, kSample);
  const auto add = [&](uint64_t at) {
    file.seekg(static_cast<std::streamoff>(at));
    file.read(sample.data(), static_cast<std::streamsize>(sample.size()));
    hash = Hash(hash, sample.data(), static_cast<size_t>(file.gcount()));
    file.clear();
  };
  for (uint64_t at = 0; at < last; at += step) add(at);
  add(last);
  return absl::StrCat(size, "-", absl::Hex(hash, absl::kZeroPad16));
}

std::string CostCache::PathOf(const std::string& device_type, const std::string& model) const {
  std::string name = absl::StrCat("gears-", device_type, "-", model, ".txt");
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '.') c = '_';
  }
  return (fs::path(folder_) / name).string();
}

std::vector<GearCosts::Row> CostCache::Load(const std::string& device_type,
                                            const std::string& model) const {
  if (folder_.empty()) return {};
  std::ifstream file(PathOf(device_type, model));
  std::string line;
  if (!std::getline(file, line) || line != kMark) return {};
  std::vector<GearCosts::Row> rows;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    GearCosts::Row row;
    int64_t execute = 0, copy_in = 0, least = 0;
    fields >> row.gear >> execute >> copy_in >> least >> row.samples;
    const bool sane = !fields.fail() && row.gear > 0 && execute > 0 && copy_in >= 0 && least > 0 &&
                      least <= execute && row.samples > 0;
    if (!sane) return {};
    row.device_type = device_type;
    row.execute = absl::Nanoseconds(execute);
    row.copy_in = absl::Nanoseconds(copy_in);
    row.least = absl::Nanoseconds(least);
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::Status CostCache::Save(const std::string& device_type, const std::string& model,
                             const std::vector<GearCosts::Row>& rows) const {
  if (folder_.empty()) return absl::OkStatus();
  const std::string path = PathOf(device_type, model);
  const std::string half = absl::StrCat(path, ".", getpid());
  const auto failed = [&](const char* what) {
    const std::string why = std::strerror(errno);
    std::error_code ignored;
    fs::remove(half, ignored);
    return absl::UnavailableError(
        absl::StrCat("cache_dir: cannot ", what, " ", half, ": ", why,
                     "; the gears will be measured again at the next start"));
  };
  std::error_code error;
  fs::create_directories(folder_, error);
  std::ofstream file(half, std::ios::trunc);
  file << kMark << "\n";
  for (const GearCosts::Row& row : rows) {
    file << row.gear << " " << absl::ToInt64Nanoseconds(row.execute) << " "
         << absl::ToInt64Nanoseconds(row.copy_in) << " " << absl::ToInt64Nanoseconds(row.least)
         << " " << row.samples << "\n";
  }
  file.close();
  if (!file) return failed("write");
  fs::rename(half, path, error);
  return error ? failed("rename") : absl::OkStatus();
}

}  // namespace omserve
