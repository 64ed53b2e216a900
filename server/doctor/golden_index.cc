// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "pipelines/base/status_macros.h"
#include "server/doctor/golden.h"

namespace omserve {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kIndex[] = "golden.json";

Json TensorsJson(const std::vector<GoldenTensor>& tensors) {
  Json list = Json::array();
  for (const GoldenTensor& tensor : tensors) {
    list.push_back({{"name", tensor.name}, {"file", tensor.file}, {"sha256", tensor.sha256}});
  }
  return list;
}

std::string PathOf(const std::string& folder) {
  return (std::filesystem::path(folder) / kIndex).string();
}

// Reads keys of one object; the first that is not as it must be is kept. Single-thread.
class Reader {
 public:
  Reader(const Json& object, std::string place, absl::Status& status)
      : object_(object), place_(std::move(place)), status_(status) {}

  std::string Text(const char* key) {
    const Json* value = Find(key, [](const Json& v) { return v.is_string(); }, "a text");
    return value == nullptr ? std::string() : value->get<std::string>();
  }
  uint64_t Number(const char* key) {
    const Json* value =
        Find(key, [](const Json& v) { return v.is_number_unsigned(); }, "a number from 0 on");
    return value == nullptr ? 0 : value->get<uint64_t>();
  }
  const Json& List(const char* key) {
    static const Json* const kNone = new Json(Json::array());
    const Json* value = Find(key, [](const Json& v) { return v.is_array(); }, "a list");
    return value == nullptr ? *kNone : *value;
  }

 private:
  template <typename Fits>
  const Json* Find(const char* key, const Fits& fits, const char* what) {
    if (object_.is_object()) {
      const auto value = object_.find(key);
      if (value != object_.end() && fits(*value)) return &*value;
    }
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(absl::StrCat(place_, key, ": must be ", what));
    }
    return nullptr;
  }

  const Json& object_;
  const std::string place_;
  absl::Status& status_;
};

std::vector<GoldenTensor> ReadTensors(const Json& list, const std::string& place,
                                      absl::Status& status) {
  std::vector<GoldenTensor> tensors;
  for (const Json& item : list) {
    Reader reader(item, absl::StrCat(place, "[", tensors.size(), "]."), status);
    tensors.push_back({reader.Text("name"), reader.Text("file"), reader.Text("sha256")});
    const std::filesystem::path file(tensors.back().file);
    if (status.ok() && (file.is_absolute() || absl::StrContains(file.string(), ".."))) {
      status = absl::InvalidArgumentError(
          absl::StrCat(place, ".file: '", file.string(), "' is not below the folder"));
    }
  }
  return tensors;
}

}  // namespace

absl::Status WriteGoldenIndex(const std::string& folder, const GoldenSet& set) {
  Json json = {{"chip", set.chip}, {"library", set.library}, {"models", Json::array()}};
  for (const GoldenModel& model : set.models) {
    json["models"].push_back({{"om", model.om},
                              {"sha256", model.sha256},
                              {"gear", model.gear},
                              {"seed", model.seed},
                              {"inputs", TensorsJson(model.inputs)},
                              {"outputs", TensorsJson(model.outputs)}});
  }
  std::ofstream file(PathOf(folder), std::ios::trunc);
  file << json.dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat(PathOf(folder), ": cannot be written"));
  return absl::OkStatus();
}

absl::StatusOr<GoldenSet> ReadGoldenIndex(const std::string& folder) {
  const std::string path = PathOf(folder);
  std::ifstream file(path);
  if (!file) {
    return absl::NotFoundError(absl::StrCat(
        path, ": cannot be read; give the folder that omserve-doctor profile wrote as golden/"));
  }
  const Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded()) return absl::InvalidArgumentError(absl::StrCat(path, ": is no JSON"));
  absl::Status status;
  Reader reader(json, absl::StrCat(path, ": "), status);
  GoldenSet set;
  set.chip = reader.Text("chip");
  set.library = reader.Text("library");
  for (const Json& item : reader.List("models")) {
    const std::string place = absl::StrCat(path, ": models[", set.models.size(), "].");
    Reader one(item, place, status);
    GoldenModel model;
    model.om = one.Text("om");
    model.sha256 = one.Text("sha256");
    model.gear = static_cast<int>(one.Number("gear"));
    model.seed = one.Number("seed");
    model.inputs = ReadTensors(one.List("inputs"), place + "inputs", status);
    model.outputs = ReadTensors(one.List("outputs"), place + "outputs", status);
    set.models.push_back(std::move(model));
  }
  OMSERVE_RETURN_IF_ERROR(status);
  return set;
}

}  // namespace omserve
