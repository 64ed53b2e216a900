// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/kserve_input.h"

#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace omserve::client {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

enum class Number { kWhole, kFloat, kTruth };
struct Type {
  size_t size;
  Number number;
  uint32_t half = 0;  // kFloat: the upper bits of 0.5
  int mantissa = 0;   // kFloat: bits of it that are made up
};

const std::map<std::string, Type>& Types() {
  static const auto* const types =
      new std::map<std::string, Type>{{"BOOL", {1, Number::kTruth}},
                                      {"UINT8", {1, Number::kWhole}},
                                      {"UINT16", {2, Number::kWhole}},
                                      {"UINT32", {4, Number::kWhole}},
                                      {"UINT64", {8, Number::kWhole}},
                                      {"INT8", {1, Number::kWhole}},
                                      {"INT16", {2, Number::kWhole}},
                                      {"INT32", {4, Number::kWhole}},
                                      {"INT64", {8, Number::kWhole}},
                                      {"FP16", {2, Number::kFloat, 0x3800, 10}},
                                      {"BF16", {2, Number::kFloat, 0x3F00, 7}},
                                      {"FP32", {4, Number::kFloat, 0x3F000000, 23}},
                                      {"FP64", {8, Number::kFloat, 0x3FE00000, 20}}};
  return *types;
}

void AppendBytes(uint64_t value, size_t size, std::string* bytes) {
  for (size_t i = 0; i < size; ++i) {
    bytes->push_back(static_cast<char>(value >> (8 * i) & 0xFF));
  }
}

uint64_t MadeUp(const Type& type, uint32_t draw) {
  switch (type.number) {
    case Number::kWhole:
      return draw % 100;
    case Number::kTruth:
      return draw & 1;
    case Number::kFloat:
      break;
  }
  const uint64_t value = type.half | (draw & ((uint32_t{1} << type.mantissa) - 1));
  return type.size == 8 ? value << 32 : value;
}

bool IsShape(const nlohmann::json& document) {
  if (!document.is_array()) return false;
  for (const nlohmann::json& side : document) {
    if (!side.is_number_integer() || side.get<int64_t>() < 0) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<KserveInput> ParseKserveInput(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  KserveInput input;
  bool good = parts.size() == 3 && !parts[0].empty();
  if (good) {
    input.name = parts[0];
    input.datatype = parts[1];
    for (const absl::string_view side : absl::StrSplit(parts[2], 'x')) {
      good = good && absl::SimpleAtoi(side, &input.shape.emplace_back()) && input.shape.back() >= 0;
    }
    good = good && (input.datatype == "BYTES" || Types().contains(input.datatype));
  }
  return good ? absl::StatusOr<KserveInput>(std::move(input))
              : absl::InvalidArgumentError(
                    absl::StrCat("'", text, "' is not NAME:TYPE:SHAPE, as INPUT0:FP32:1x256"));
}

absl::StatusOr<std::vector<KserveInput>> ReadKserveInputs(const nlohmann::json& document) {
  const auto bad = [](const std::string& what) {
    return absl::InvalidArgumentError(absl::StrCat("inputs: ", what));
  };
  if (!document.is_array() || document.empty()) return bad("a list of one or more is needed");
  std::vector<KserveInput> inputs;
  for (const nlohmann::json& entry : document) {
    KserveInput& input = inputs.emplace_back();
    if (!entry.is_object()) return bad("an entry is no object");
    for (const auto& [member, value] : entry.items()) {
      if (member == "name" && value.is_string()) {
        input.name = value.get<std::string>();
      } else if (member == "datatype" && value.is_string()) {
        input.datatype = value.get<std::string>();
      } else if (member == "shape" && IsShape(value)) {
        input.shape = value.get<std::vector<int64_t>>();
      } else if (member == "texts" && value.is_array() && !value.empty()) {
        for (const nlohmann::json& text : value) {
          if (!text.is_string()) return bad("texts holds something else than texts");
          input.texts.push_back(text.get<std::string>());
        }
      } else {
        return bad(absl::StrCat("member ", member));
      }
    }
    if (input.name.empty()) return bad("an entry has no name");
    if (input.datatype != "BYTES" && !Types().contains(input.datatype)) {
      return bad(absl::StrCat("datatype '", input.datatype, "' is not known"));
    }
    if (!input.texts.empty() && input.datatype != "BYTES") return bad("texts are for BYTES");
  }
  return inputs;
}

absl::StatusOr<std::string> RawContents(const KserveInput& input, uint64_t number) {
  const auto found = Types().find(input.datatype);
  if (found == Types().end() && input.datatype != "BYTES") {
    return absl::InvalidArgumentError(
        absl::StrCat(input.name, ": datatype '", input.datatype, "' is not known"));
  }
  const std::string text =
      input.texts.empty() ? "" : input.texts[static_cast<size_t>(number) % input.texts.size()];
  const uint64_t size = found == Types().end() ? 4 + text.size() : found->second.size;
  uint64_t elements = 1;
  for (const int64_t side : input.shape) {
    elements *= static_cast<uint64_t>(side);
    if (side < 0 || elements * size > kMaxBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(input.name, ": a shape with a negative side, or of over 1 GiB"));
    }
  }
  std::string bytes;
  bytes.reserve(static_cast<size_t>(elements * size));
  auto draw = static_cast<uint32_t>(number + 1);
  for (uint64_t i = 0; i < elements; ++i) {
    if (found == Types().end()) {
      AppendBytes(text.size(), 4, &bytes);
      bytes += text;
      continue;
    }
    draw = draw * 1664525U + 1013904223U;
    AppendBytes(MadeUp(found->second, draw >> 8), size, &bytes);
  }
  return bytes;
}

}  // namespace omserve::client
