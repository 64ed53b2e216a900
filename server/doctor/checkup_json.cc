// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "nlohmann/json.hpp"
#include "server/doctor/checkup.h"

namespace omserve {
namespace {

using Json = nlohmann::ordered_json;

// Fields in the order of README.md.
Json Tensors(const std::vector<ModelTensor>& tensors) {
  Json list = Json::array();
  for (const ModelTensor& tensor : tensors) {
    list.push_back({{"name", tensor.name},
                    {"dtype", DTypeName(tensor.dtype)},
                    {"shape", std::vector<int64_t>(tensor.shape.begin(), tensor.shape.end())}});
  }
  return list;
}

Json Model(const ModelFacts& model) {
  Json json = {{"path", model.path},
               {"bytes", model.om.bytes},
               {"chip", model.om.chip},
               {"of_hostacl", model.om.of_hostacl},
               {"loads", model.loads}};
  if (model.loads) {
    json["gears"] = model.info.gears;
    json["inputs"] = Tensors(model.info.inputs);
    json["outputs"] = Tensors(model.info.outputs);
  }
  return json;
}

Json Findings(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"section", finding.section}, {"text", finding.text}});
  }
  return list;
}

}  // namespace

std::string CheckupJson(const Checkup& checkup) {
  Json json = Json::object();
  if (checkup.library.has_value()) {
    json["library"] = {{"path", checkup.library->path}, {"version", checkup.library->version}};
    json["environment"] = Json::object();
    for (const auto& [name, value] : checkup.environment) json["environment"][name] = value;
    json["cards"] = Json::array();
    for (const NpuSmiCard& card : checkup.cards) {
      json["cards"].push_back(
          {{"number", card.number}, {"chip", card.chip}, {"health", card.health}});
    }
    json["devices"] = Json::array();
    for (const DeviceFacts& device : checkup.devices) {
      json["devices"].push_back({{"id", device.id},
                                 {"chip", device.chip},
                                 {"free_bytes", device.free_bytes},
                                 {"total_bytes", device.total_bytes}});
    }
  }
  json["models"] = Json::array();
  for (const ModelFacts& model : checkup.models) json["models"].push_back(Model(model));
  if (checkup.paddle_log.has_value()) {
    const PaddleLogScan& scan = *checkup.paddle_log;
    Json missing = Json::array();
    for (const MissingOperator& one : scan.missing) {
      missing.push_back({{"name", one.name}, {"times", one.times}});
    }
    json["paddle_log"] = {{"lines", scan.lines},
                          {"missing", missing},
                          {"not_understood", scan.not_understood},
                          {"saw_step", scan.saw_step}};
  }
  json["problems"] = Findings(checkup.problems);
  json["notes"] = Findings(checkup.notes);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace omserve
