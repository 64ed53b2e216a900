// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/control_answers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/text_table.h"

namespace omserve::client {
namespace {

using nlohmann::json;

constexpr double kMiB = 1 << 20;

std::string StateName(v1::ModelState state) {
  const std::string& name = v1::ModelState_Name(state);
  return std::string(absl::StripPrefix(name, "MODEL_STATE_"));
}

std::string MiB(int64_t bytes) {
  return absl::StrFormat("%.1f", static_cast<double>(bytes) / kMiB);
}

double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() / 1e9;
}

// Good and failed requests, over the codes.
std::pair<int64_t, int64_t> Counts(const v1::ModelStats& model) {
  int64_t good = 0, failed = 0;
  for (const auto& [code, count] : model.requests()) (code == "OK" ? good : failed) += count;
  return {good, failed};
}

}  // namespace

std::string FormatVersions(const ModelVersions& versions) {
  TextTable table(
      {{"name"}, {"version"}, {"state"}, {"device MiB", TextTable::Align::kRight}, {"reason"}});
  for (const v1::ModelVersion& version : versions) {
    table.AddRow({version.model(), version.version(), StateName(version.state()),
                  MiB(version.device_bytes()), version.reason()});
  }
  return table.rows() == 0 ? "there are no models\n" : table.Format();
}

json VersionsToJson(const ModelVersions& versions) {
  json list = json::array();
  for (const v1::ModelVersion& version : versions) {
    list.push_back({{"name", version.model()},
                    {"version", version.version()},
                    {"state", StateName(version.state())},
                    {"reason", version.reason()},
                    {"device_bytes", version.device_bytes()}});
  }
  return {{"versions", std::move(list)}, {"error", nullptr}};
}

std::string Format(const v1::StatsResponse& stats) {
  constexpr auto kRight = TextTable::Align::kRight;
  std::string text = absl::StrFormat("up %.0f s, %d requests at work\n\n", Seconds(stats.uptime()),
                                     stats.requests_at_work());
  TextTable models({{"name"},
                    {"version"},
                    {"at work", kRight},
                    {"answered", kRight},
                    {"failed", kRight},
                    {"mean ms", kRight}});
  for (const v1::ModelStats& model : stats.models()) {
    const auto [good, failed] = Counts(model);
    models.AddRow(
        {model.model(), model.version(), absl::StrCat(model.requests_at_work()), absl::StrCat(good),
         absl::StrCat(failed),
         model.has_mean_time() ? absl::StrFormat("%.2f", Seconds(model.mean_time()) * 1e3) : "-"});
  }
  absl::StrAppend(&text, models.rows() == 0 ? "no models are served\n" : models.Format(), "\n");
  TextTable devices({{"device", kRight}, {"healthy"}, {"used MiB", kRight}, {"of MiB", kRight}});
  for (const v1::DeviceStats& device : stats.devices()) {
    devices.AddRow({absl::StrCat(device.device()), device.healthy() ? "yes" : "no",
                    MiB(device.memory_used_bytes()), MiB(device.memory_total_bytes())});
  }
  return absl::StrCat(text, devices.Format());
}

json ToJson(const v1::StatsResponse& stats) {
  json models = json::array();
  for (const v1::ModelStats& model : stats.models()) {
    json requests = json::object();
    for (const auto& [code, count] : model.requests()) requests[code] = count;
    models.push_back({{"name", model.model()},
                      {"version", model.version()},
                      {"requests_at_work", model.requests_at_work()},
                      {"requests", std::move(requests)},
                      {"mean_ms", model.has_mean_time() ? json(Seconds(model.mean_time()) * 1e3)
                                                        : json(nullptr)}});
  }
  json devices = json::array();
  for (const v1::DeviceStats& device : stats.devices()) {
    devices.push_back({{"device", device.device()},
                       {"healthy", device.healthy()},
                       {"memory_used_bytes", device.memory_used_bytes()},
                       {"memory_total_bytes", device.memory_total_bytes()}});
  }
  return {{"uptime_s", Seconds(stats.uptime())},
          {"requests_at_work", stats.requests_at_work()},
          {"models", std::move(models)},
          {"devices", std::move(devices)},
          {"error", nullptr}};
}

}  // namespace omserve::client
