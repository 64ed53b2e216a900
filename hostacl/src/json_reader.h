// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hostacl {

// Reads one JSON object strictly: every key must be asked for, and have the right type. The first
// finding, with key and place, goes to `problem`; later ones do not replace it. Borrows all it is
// given. Single-thread.
class JsonReader {
 public:
  // `place` names the object in messages, e.g. "models.backbone"; "" is the file itself.
  JsonReader(const nlohmann::json& object, std::string place, std::string* problem);

  // Each returns nothing when the key is absent, and when it is wrong, which is then a finding.
  // `what` says in a message what the value must be, e.g. "a time of 0 to 1e9 ms".
  std::optional<double> Number(const std::string& key, double least, double most,
                               const std::string& what);
  std::optional<long long> Whole(const std::string& key, long long least, long long most);
  std::optional<std::string> Text(const std::string& key);
  std::optional<bool> Flag(const std::string& key);
  // Text, or a list of texts; whole numbers are taken as their digits.
  std::vector<std::string> Texts(const std::string& key);
  // The raw value, or null.
  const nlohmann::json* Raw(const std::string& key);
  // Every key that was not asked for yet; marks them as asked for.
  std::vector<std::string> OtherKeys();

  // Adds a finding about a key.
  void Complain(const std::string& key, const std::string& what);
  // A key that was never asked for is a finding. True without any finding.
  bool Done();

  // "models.backbone.load_ms"
  std::string PlaceOf(const std::string& key) const;

 private:
  const nlohmann::json& object_;
  const std::string place_;
  std::string* const problem_;
  std::set<std::string> asked_;
};

// The object in a file; null and a message in `problem` when it is missing, no JSON (with line and
// column), or no object. `purpose` begins the message, e.g. "HOSTACL_PROFILE".
bool ReadJsonObject(const std::string& path, const std::string& purpose, nlohmann::json* object,
                    std::string* problem);

}  // namespace hostacl
