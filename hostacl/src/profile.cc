// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "profile.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "json_reader.h"

namespace hostacl {
namespace {

constexpr const char* kWays[] = {"h2d", "d2h", "d2d"};  // by CopyWay
constexpr double kMostMs = 3.6e6;
constexpr const char* kTime = "a time of 0 to 3.6e6 ms";

Clock::duration FromMs(double ms) { return std::chrono::nanoseconds(std::llround(ms * 1e6)); }

// Picture sizes may be written "416x416" and "416,416".
std::string GearKey(std::string gear) {
  std::replace(gear.begin(), gear.end(), 'x', ',');
  return gear;
}

// A number for all three ways, or an object with one for each.
std::array<double, 3> ReadWays(JsonReader* file, const nlohmann::json& root, const std::string& key,
                               double most, const std::string& what, std::string* problem) {
  std::array<double, 3> values = {};
  const auto found = root.find(key);
  if (found != root.end() && found->is_object()) {
    file->Raw(key);
    JsonReader ways(*found, file->PlaceOf(key), problem);
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = ways.Number(kWays[i], 0, most, what).value_or(0);
    }
    ways.Done();
  } else {
    values.fill(file->Number(key, 0, most, what + " or {\"h2d\", \"d2h\", \"d2d\"}").value_or(0));
  }
  return values;
}

}  // namespace

bool IsGearName(const std::string& text) {
  char separator = '\0';
  bool digit_before = false;
  for (const char c : text) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      digit_before = true;
      continue;
    }
    if ((c != 'x' && c != ',') || !digit_before) return false;
    if (separator == 'x' || (separator == ',' && c == 'x')) return false;
    separator = c;
    digit_before = false;
  }
  return digit_before;
}

void Profile::ReadModel(const std::string& name, const nlohmann::json& object,
                        std::string* problem) {
  JsonReader reader(object, "models." + name, problem);
  Model& model = models_[name];
  reader.Text("source");
  if (const auto ms = reader.Number("load_ms", 0, kMostMs, kTime)) model.load = FromMs(*ms);
  if (const auto ms = reader.Number("first_run_ms", 0, kMostMs, kTime)) {
    model.first_run = FromMs(*ms);
  }
  if (const auto ms = reader.Number("default", 0, kMostMs, kTime)) {
    model.times["default"] = FromMs(*ms);
  }
  if (object.is_object()) {
    for (const std::string& gear : reader.OtherKeys()) {
      if (!IsGearName(gear)) {
        reader.Complain(gear,
                        "is not a known key, nor a gear such as \"4\", \"416x416\" or \"1,200\"; "
                        "also possible here: default, load_ms, first_run_ms, source");
      } else if (const auto ms = reader.Number(gear, 0, kMostMs, kTime)) {
        model.times[GearKey(gear)] = FromMs(*ms);
      }
    }
  }
  reader.Done();
}

void Profile::ReadCopies(JsonReader* file, const nlohmann::json& root, std::string* problem) {
  gb_per_s_ = ReadWays(file, root, "copy_gb_per_s", 1e6, "a bandwidth of 0 to 1e6 GB/s", problem);
  const std::array<double, 3> latency =
      ReadWays(file, root, "copy_latency_us", 1e9, "a time of 0 to 1e9 us", problem);
  for (size_t i = 0; i < latency.size(); ++i) latency_[i] = FromMs(latency[i] / 1e3);
}

std::unique_ptr<Profile> Profile::Load(const std::string& path, std::string* problem) {
  nlohmann::json root;
  if (!ReadJsonObject(path, "HOSTACL_PROFILE", &root, problem)) return nullptr;
  auto profile = std::make_unique<Profile>();
  std::string finding;
  JsonReader file(root, "", &finding);
  file.Text("source");
  if (const auto compute = file.Text("compute")) {
    if (*compute != "real" && *compute != "replay") {
      file.Complain("compute", "must be \"real\" or \"replay\", not \"" + *compute + "\"");
    }
    profile->replay_ = *compute == "replay";
  }
  profile->socs_ = file.Texts("soc");
  profile->memory_mib_ = file.Texts("device_memory_mib");
  profile->execute_overhead_ =
      FromMs(file.Number("execute_overhead_us", 0, 1e9, "a time of 0 to 1e9 us").value_or(0) / 1e3);
  profile->load_ = FromMs(file.Number("load_ms", 0, kMostMs, kTime).value_or(0));
  profile->first_run_ = FromMs(file.Number("first_run_ms", 0, kMostMs, kTime).value_or(0));
  profile->finalize_ = FromMs(file.Number("finalize_ms", 0, kMostMs, kTime).value_or(0));
  profile->ReadCopies(&file, root, &finding);
  const nlohmann::json* models = file.Raw("models");
  if (models == nullptr || !models->is_object()) {
    file.Complain("models", "must be there, and be an object: {\"name\": {\"1\": 12.5}}");
  } else {
    for (const auto& item : models->items()) profile->ReadModel(item.key(), item.value(), &finding);
  }
  if (file.Done()) return profile;
  *problem = "HOSTACL_PROFILE: " + path + ": " + finding;
  return nullptr;
}

std::optional<Clock::duration> Profile::Time(const std::string& model,
                                             const std::string& gear) const {
  const auto found = models_.find(model);
  if (found == models_.end()) return std::nullopt;
  const auto& times = found->second.times;
  auto time = times.find(GearKey(gear));
  if (time == times.end()) time = times.find("default");
  if (time == times.end()) return std::nullopt;
  return time->second;
}

Clock::duration Profile::FirstRunTime(const std::string& model) const {
  const auto found = models_.find(model);
  return found == models_.end() ? first_run_ : found->second.first_run.value_or(first_run_);
}

Clock::duration Profile::LoadTime(const std::string& model) const {
  const auto found = models_.find(model);
  return found == models_.end() ? load_ : found->second.load.value_or(load_);
}

Clock::duration Profile::CopyTime(CopyWay way, size_t bytes) const {
  const size_t i = static_cast<size_t>(way);
  Clock::duration time = latency_[i];
  if (gb_per_s_[i] > 0) time += FromMs(static_cast<double>(bytes) / gb_per_s_[i] / 1e6);
  return time;
}

}  // namespace hostacl
