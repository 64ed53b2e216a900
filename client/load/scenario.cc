// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/scenario.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/load/class_json.h"

namespace omserve::client {

absl::StatusOr<Scenario> ParseScenario(const std::string& text, const ClassSpec& base,
                                       const std::string& folder) {
  using nlohmann::json;
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    return absl::InvalidArgumentError("it is not JSON");
  }
  const bool has_events = document.is_object() && document.contains("events");
  if (!document.is_object() || document.size() != (has_events ? 2 : 1) ||
      !document.contains("classes") || !document["classes"].is_array() ||
      document["classes"].empty()) {
    return absl::InvalidArgumentError(
        R"(it is not {"classes": [{...}, ...]}, with or without "events": [{...}, ...])");
  }
  Scenario scenario;
  for (const json& entry : document["classes"]) {
    absl::StatusOr<ClassSpec> spec = ReadClass(entry, base, folder, scenario.classes.size());
    if (!spec.ok()) {
      return spec.status();
    }
    for (const ClassSpec& other : scenario.classes) {
      if (other.name == spec->name) {
        return absl::InvalidArgumentError(
            absl::StrCat("two classes have the name '", spec->name, "'"));
      }
    }
    scenario.classes.push_back(*std::move(spec));
  }
  if (has_events) {
    absl::StatusOr<std::vector<RunEvent>> events = ReadRunEvents(document["events"]);
    if (!events.ok()) {
      return events.status();
    }
    scenario.events = *std::move(events);
  }
  return scenario;
}

}  // namespace omserve::client
