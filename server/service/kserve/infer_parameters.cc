// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_parameters.h"

#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace omserve::kserve {
namespace {

constexpr size_t kMostShown = 64;

}  // namespace

const inference::InferParameter* ParameterReader::Find(std::string_view name) {
  if (parameters_.empty()) return nullptr;  // as with most requests: nothing to remember either
  const std::string key(name);
  known_.insert(key);
  const auto found = parameters_.find(key);
  return found == parameters_.end() ? nullptr : &found->second;
}

std::optional<int64_t> ParameterReader::Integer(std::string_view name) {
  const inference::InferParameter* const parameter = Find(name);
  if (parameter == nullptr) return std::nullopt;
  using Case = inference::InferParameter;
  if (parameter->parameter_choice_case() == Case::kInt64Param) return parameter->int64_param();
  if (parameter->parameter_choice_case() == Case::kUint64Param) {
    if (parameter->uint64_param() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return static_cast<int64_t>(parameter->uint64_param());
    }
    Refuse(name, "is out of range");
    return std::nullopt;
  }
  int64_t value = 0;
  if (parameter->parameter_choice_case() == Case::kStringParam &&
      absl::SimpleAtoi(parameter->string_param(), &value)) {
    return value;
  }
  Refuse(name, "must be an integer");
  return std::nullopt;
}

std::optional<double> ParameterReader::Number(std::string_view name) {
  const inference::InferParameter* const parameter = Find(name);
  if (parameter == nullptr) return std::nullopt;
  if (parameter->has_double_param()) return parameter->double_param();
  if (parameter->has_int64_param()) return static_cast<double>(parameter->int64_param());
  if (parameter->has_uint64_param()) return static_cast<double>(parameter->uint64_param());
  double value = 0;
  if (parameter->has_string_param() && absl::SimpleAtod(parameter->string_param(), &value)) {
    return value;
  }
  Refuse(name, "must be a number");
  return std::nullopt;
}

std::optional<bool> ParameterReader::Flag(std::string_view name) {
  const inference::InferParameter* const parameter = Find(name);
  if (parameter == nullptr) return std::nullopt;
  if (parameter->has_bool_param()) return parameter->bool_param();
  Refuse(name, "must be a bool");
  return std::nullopt;
}

std::optional<std::string> ParameterReader::Text(std::string_view name) {
  const inference::InferParameter* const parameter = Find(name);
  if (parameter == nullptr) return std::nullopt;
  if (parameter->has_string_param()) return parameter->string_param();
  Refuse(name, "must be a string");
  return std::nullopt;
}

std::optional<int> ParameterReader::Word(std::string_view name,
                                         const std::vector<std::string_view>& words) {
  const std::optional<std::string> text = Text(name);
  if (!text.has_value()) return std::nullopt;
  std::string list;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == *text) return static_cast<int>(i);
    absl::StrAppend(&list, i == 0 ? "" : ", ", std::string(words[i]));
  }
  Refuse(name, absl::StrCat("must be one of ", list));
  return std::nullopt;
}

void ParameterReader::Refuse(std::string_view name, std::string_view why) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(
      absl::StrCat(field_, "[", absl::CHexEscape(std::string(name.substr(0, kMostShown))),
                   "]: ", std::string(why)));
}

absl::Status ParameterReader::Finish() {
  for (const auto& [name, value] : parameters_) {
    if (known_.count(name) > 0) continue;
    Refuse(name, known_.empty()
                     ? std::string("is not known; there is none here")
                     : absl::StrCat("is not known; these are: ", absl::StrJoin(known_, ", ")));
    break;
  }
  return status_;
}

}  // namespace omserve::kserve
