// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/duration.pb.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "client/file_answer.h"

namespace omserve::client {

// The documents of --json; README.md holds the schema. Times are milliseconds, positions pixels of
// the upright picture. Thread-safe, all of them.

double Milliseconds(const google::protobuf::Duration& duration);
// {"received_to_sent_ms", "stages": [...]}
nlohmann::json TimingToJson(const v1::Timing& timing);
nlohmann::json ToJson(const DetectFileAnswer& answer);
nlohmann::json ToJson(const EmbedFileAnswer& answer);
nlohmann::json ToJson(const v1::ModelInfo& model);
// null for OK, else {"code", "message"}.
nlohmann::json ErrorToJson(const absl::Status& status);
// One line without a line feed; bytes that are not UTF-8 are replaced, never an error.
std::string Dump(const nlohmann::json& document);

}  // namespace omserve::client
