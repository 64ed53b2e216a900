// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/class_json.h"

#include <filesystem>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omserve::client {
namespace {

using nlohmann::json;

constexpr double kMaxMilliseconds = 86'400'000;
constexpr int kMaxCameras = 10000;

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
         return ReadChoice<ClassSpec::Method>(value,
                                              {{"detect", ClassSpec::Method::kDetect},
                                               {"embed", ClassSpec::Method::kEmbed},
                                               {"read", ClassSpec::Method::kRead},
                                               {"infer", ClassSpec::Method::kInfer}},
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
      {"read_after_ms",
       [](const json& value, ClassSpec* spec) {
         return ReadMilliseconds(value, 0, &spec->read_after);
       }},
      {"cameras",
       [](const json& value, ClassSpec* spec) {
         spec->cameras = value.is_number_integer() ? value.get<int>() : 0;
         return spec->cameras >= 1 && spec->cameras <= kMaxCameras;
       }},
      {"fps", [](const json& value,
                 ClassSpec* spec) { return ReadShare(value, 0.001, 10000, &spec->fps); }},
      {"inputs",
       [](const json& value, ClassSpec* spec) {
         absl::StatusOr<std::vector<KserveInput>> inputs = ReadKserveInputs(value);
         if (inputs.ok()) spec->inputs = *std::move(inputs);
         return inputs.ok();
       }},
      {"server_times",
       [](const json& value, ClassSpec* spec) {
         spec->server_times = value.is_boolean() && value.get<bool>();
         return value.is_boolean();
       }},
  };
  return *readers;
}

}  // namespace

absl::Status CheckClass(const ClassSpec& spec) {
  if (spec.method == ClassSpec::Method::kInfer) {
    return spec.model.empty() ? absl::InvalidArgumentError("has no model, which infer needs")
                              : absl::OkStatus();
  }
  if (spec.images.empty() && spec.raw.width == 0) {
    return absl::InvalidArgumentError("has neither images nor raw");
  }
  if (!spec.inputs.empty()) {
    return absl::InvalidArgumentError("has inputs, which are for infer");
  }
  if (spec.cameras > 0 && spec.method != ClassSpec::Method::kDetect) {
    return absl::InvalidArgumentError("has cameras, which are for detect");
  }
  return absl::OkStatus();
}

absl::StatusOr<ClassSpec> ReadClass(const json& document, const ClassSpec& base,
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
  const absl::Status whole = CheckClass(spec);
  return whole.ok() ? absl::StatusOr<ClassSpec>(spec)
                    : absl::InvalidArgumentError(absl::StrCat(where, " ", whole.message()));
}

}  // namespace omserve::client
