// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/class_spec.h"

#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace omserve::client {
namespace {

using nlohmann::json;

constexpr int kMaxSide = 16384;  // pixels
constexpr double kMaxMilliseconds = 86'400'000;

// Reads one member of a class; false if its value is not allowed.
using Reader = std::function<bool(const json& value, ClassSpec* spec)>;

bool IsPriority(const std::string& text) { return text == "interactive" || text == "batch"; }

bool ReadMilliseconds(const json& value, double least, absl::Duration* duration) {
  if (!value.is_number() || !(value.get<double>() >= least) ||
      value.get<double>() > kMaxMilliseconds) {
    return false;
  }
  *duration = absl::Milliseconds(value.get<double>());
  return true;
}

template <typename Value>
bool ReadChoice(const json& value, const std::map<std::string, Value>& choices, Value* choice) {
  const auto found = value.is_string() ? choices.find(value.get<std::string>()) : choices.end();
  if (found == choices.end()) {
    return false;
  }
  *choice = found->second;
  return true;
}

bool ReadShare(const json& value, double least, double most, double* share) {
  if (!value.is_number() || !(value.get<double>() >= least && value.get<double>() <= most)) {
    return false;
  }
  *share = value.get<double>();
  return true;
}

bool ReadImages(const json& value, std::vector<std::string>* images) {
  images->clear();
  for (const json& image : value.is_array() ? value : json::array({value})) {
    if (!image.is_string()) {
      return false;
    }
    images->push_back(image.get<std::string>());
  }
  return !images->empty();
}

bool ReadRaw(const json& value, RawSize* raw) {
  const absl::StatusOr<RawSize> size =
      value.is_string() ? ParseRawSize(value.get<std::string>())
                        : absl::StatusOr<RawSize>(absl::InvalidArgumentError(""));
  if (size.ok()) {
    *raw = *size;
  }
  return size.ok();
}

const std::map<std::string, Reader>& Readers() {
  static const auto* const readers = new std::map<std::string, Reader>{
      {"name",
       [](const json& value, ClassSpec* spec) {
         spec->name = value.is_string() ? value.get<std::string>() : "";
         return !spec->name.empty();
       }},
      {"share", [](const json& value,
                   ClassSpec* spec) { return ReadShare(value, 1e-9, 1e9, &spec->share); }},
      {"method",
       [](const json& value, ClassSpec* spec) {
         return ReadChoice<ClassSpec::Method>(
             value, {{"detect", ClassSpec::Method::kDetect}, {"embed", ClassSpec::Method::kEmbed}},
             &spec->method);
       }},
      {"model",
       [](const json& value, ClassSpec* spec) {
         spec->model = value.is_string() ? value.get<std::string>() : "";
         return value.is_string();
       }},
      {"images",
       [](const json& value, ClassSpec* spec) {
         spec->raw = {};
         return ReadImages(value, &spec->images);
       }},
      {"raw",
       [](const json& value, ClassSpec* spec) {
         spec->images.clear();
         return ReadRaw(value, &spec->raw);
       }},
      {"mask",
       [](const json& value, ClassSpec* spec) {
         return ReadChoice<v1::MaskForm>(value,
                                         {{"none", v1::MASK_FORM_NONE},
                                          {"rle", v1::MASK_FORM_RLE},
                                          {"png", v1::MASK_FORM_PNG},
                                          {"polygon", v1::MASK_FORM_POLYGON}},
                                         &spec->mask);
       }},
      {"priority",
       [](const json& value, ClassSpec* spec) {
         spec->priority = value.is_string() ? value.get<std::string>() : "";
         return IsPriority(spec->priority);
       }},
      {"deadline_ms", [](const json& value,
                         ClassSpec* spec) { return ReadMilliseconds(value, 1, &spec->deadline); }},
      {"budget_ms", [](const json& value,
                       ClassSpec* spec) { return ReadMilliseconds(value, 0, &spec->budget); }},
      {"limit_ms",
       [](const json& value, ClassSpec* spec) { return ReadMilliseconds(value, 0, &spec->limit); }},
      {"cancel",
       [](const json& value, ClassSpec* spec) { return ReadShare(value, 0, 1, &spec->cancel); }},
      {"cancel_within_ms",
       [](const json& value, ClassSpec* spec) {
         return ReadMilliseconds(value, 0, &spec->cancel_within);
       }},
  };
  return *readers;
}

absl::StatusOr<ClassSpec> ParseClass(const json& document, const ClassSpec& base,
                                     const std::string& folder, size_t number) {
  ClassSpec spec = base;
  spec.name = absl::StrCat("class", number);
  const std::string where = absl::StrCat("classes[", number, "]");
  if (!document.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(where, " is not an object"));
  }
  if (document.contains("images") && document.contains("raw")) {
    return absl::InvalidArgumentError(absl::StrCat(where, " has both images and raw; keep one"));
  }
  for (const auto& [member, value] : document.items()) {
    const auto reader = Readers().find(member);
    if (reader == Readers().end()) {
      return absl::InvalidArgumentError(absl::StrCat(where, ".", member, " is not known"));
    }
    if (!reader->second(value, &spec)) {
      return absl::InvalidArgumentError(absl::StrCat(
          where, ".", member, ": ", value.dump(-1, ' ', false, json::error_handler_t::replace),
          " is not allowed"));
    }
  }
  if (document.contains("images")) {
    for (std::string& image : spec.images) {
      image = (std::filesystem::path(folder) / image).string();
    }
  }
  if (spec.images.empty() && spec.raw.width == 0) {
    return absl::InvalidArgumentError(absl::StrCat(where, " has neither images nor raw"));
  }
  return spec;
}

}  // namespace

absl::StatusOr<RawSize> ParseRawSize(const std::string& text) {
  RawSize size;
  const std::vector<absl::string_view> sides = absl::StrSplit(text, 'x');
  if (sides.size() != 2 || !absl::SimpleAtoi(sides[0], &size.width) ||
      !absl::SimpleAtoi(sides[1], &size.height) || size.width < 1 || size.width > kMaxSide ||
      size.height < 1 || size.height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not WIDTHxHEIGHT, each 1 to ", kMaxSide));
  }
  return size;
}

absl::StatusOr<std::vector<ClassSpec>> ParseMix(const std::string& text, const ClassSpec& base) {
  std::vector<ClassSpec> classes;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    ClassSpec spec = base;
    spec.share = 1;
    const size_t colon = part.rfind(':');
    const absl::string_view file = part.substr(0, colon);
    if (file.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("'", part, "' names no file"));
    }
    if (colon != absl::string_view::npos &&
        (!absl::SimpleAtod(part.substr(colon + 1), &spec.share) || !(spec.share > 0) ||
         !std::isfinite(spec.share))) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", part, "': the share behind the colon must be a number above 0"));
    }
    spec.name = std::string(file);
    spec.images = {std::string(file)};
    spec.raw = {};
    classes.push_back(std::move(spec));
  }
  return classes;
}

absl::StatusOr<std::vector<ClassSpec>> ParseScenario(const std::string& text, const ClassSpec& base,
                                                     const std::string& folder) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    return absl::InvalidArgumentError("it is not JSON");
  }
  if (!document.is_object() || document.size() != 1 || !document.contains("classes") ||
      !document["classes"].is_array() || document["classes"].empty()) {
    return absl::InvalidArgumentError(R"(it is not {"classes": [{...}, ...]})");
  }
  std::vector<ClassSpec> classes;
  for (const json& entry : document["classes"]) {
    absl::StatusOr<ClassSpec> spec = ParseClass(entry, base, folder, classes.size());
    if (!spec.ok()) {
      return spec.status();
    }
    for (const ClassSpec& other : classes) {
      if (other.name == spec->name) {
        return absl::InvalidArgumentError(
            absl::StrCat("two classes have the name '", spec->name, "'"));
      }
    }
    classes.push_back(*std::move(spec));
  }
  return classes;
}

}  // namespace omserve::client
