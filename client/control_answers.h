// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/repeated_field.h>

#include <nlohmann/json.hpp>
#include <string>

#include "omserve/v1/control.pb.h"

namespace omserve::client {

using ModelVersions = google::protobuf::RepeatedPtrField<v1::ModelVersion>;

// Where versions are in their life, as a table and as {"versions": [...], "error": null}.
std::string FormatVersions(const ModelVersions& versions);
nlohmann::json VersionsToJson(const ModelVersions& versions);

// What a server has done, as tables and as JSON.
std::string Format(const v1::StatsResponse& stats);
nlohmann::json ToJson(const v1::StatsResponse& stats);

// Load, Reload, Unload and Models answer with versions.
template <typename Response>
  requires requires(const Response& response) { response.versions(); }
std::string Format(const Response& response) {
  return FormatVersions(response.versions());
}
template <typename Response>
  requires requires(const Response& response) { response.versions(); }
nlohmann::json ToJson(const Response& response) {
  return VersionsToJson(response.versions());
}

}  // namespace omserve::client
