// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "json_reader.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace hostacl {

JsonReader::JsonReader(const nlohmann::json& object, std::string place, std::string* problem)
    : object_(object), place_(std::move(place)), problem_(problem) {}

std::string JsonReader::PlaceOf(const std::string& key) const {
  return place_.empty() ? key : place_ + "." + key;
}

void JsonReader::Complain(const std::string& key, const std::string& what) {
  if (!problem_->empty()) return;
  *problem_ = "\"" + PlaceOf(key) + "\" " + what;
}

const nlohmann::json* JsonReader::Raw(const std::string& key) {
  asked_.insert(key);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

std::optional<double> JsonReader::Number(const std::string& key, double least, double most,
                                         const std::string& what) {
  const nlohmann::json* value = Raw(key);
  if (value == nullptr) return std::nullopt;
  const double number = value->is_number() ? value->get<double>() : std::nan("");
  if (number >= least && number <= most) return number;
  Complain(key, "must be " + what + ", not " + value->dump());
  return std::nullopt;
}

std::optional<long long> JsonReader::Whole(const std::string& key, long long least,
                                           long long most) {
  const nlohmann::json* value = Raw(key);
  if (value == nullptr) return std::nullopt;
  const bool whole = value->is_number_integer() &&
                     (!value->is_number_unsigned() || value->get<uint64_t>() <= uint64_t{1} << 62);
  if (whole && value->get<long long>() >= least && value->get<long long>() <= most) {
    return value->get<long long>();
  }
  Complain(key, "must be a whole number of " + std::to_string(least) + " to " +
                    std::to_string(most) + ", not " + value->dump());
  return std::nullopt;
}

std::optional<std::string> JsonReader::Text(const std::string& key) {
  const nlohmann::json* value = Raw(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  Complain(key, "must be a text, not " + value->dump());
  return std::nullopt;
}

std::optional<bool> JsonReader::Flag(const std::string& key) {
  const nlohmann::json* value = Raw(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  Complain(key, "must be true or false, not " + value->dump());
  return std::nullopt;
}

std::vector<std::string> JsonReader::Texts(const std::string& key) {
  const nlohmann::json* value = Raw(key);
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  const auto add = [&](const nlohmann::json& item) {
    if (item.is_string()) {
      texts.push_back(item.get<std::string>());
    } else if (item.is_number_integer()) {
      texts.push_back(item.dump());
    } else {
      Complain(key, "must be one value or a list of values, not " + value->dump());
    }
  };
  if (value->is_array()) {
    for (const nlohmann::json& item : *value) add(item);
    if (value->empty()) Complain(key, "must not be an empty list");
  } else {
    add(*value);
  }
  return texts;
}

std::vector<std::string> JsonReader::OtherKeys() {
  std::vector<std::string> keys;
  for (const auto& item : object_.items()) {
    if (asked_.insert(item.key()).second) keys.push_back(item.key());
  }
  return keys;
}

bool JsonReader::Done() {
  if (!object_.is_object()) {
    if (problem_->empty()) {
      *problem_ = "\"" + place_ + "\" must be an object, not " + object_.dump();
    }
    return false;
  }
  for (const std::string& key : OtherKeys()) {
    std::string known;
    for (const std::string& name : asked_) {
      if (!object_.contains(name)) known += (known.empty() ? "" : ", ") + name;
    }
    Complain(key, "is not a known key" + (known.empty() ? "" : "; also possible here: " + known));
  }
  return problem_->empty();
}

bool ReadJsonObject(const std::string& path, const std::string& purpose, nlohmann::json* object,
                    std::string* problem) {
  std::ifstream file(path);
  if (!file) {
    *problem = purpose + ": cannot read " + path;
    return false;
  }
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  try {
    *object = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    *problem = purpose + ": " + path + " is not JSON: " + error.what();
    return false;
  }
  if (object->is_object()) return true;
  *problem = purpose + ": " + path + " must hold a JSON object, {...}";
  return false;
}

}  // namespace hostacl
