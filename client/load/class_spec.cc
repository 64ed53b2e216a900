// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/class_spec.h"

#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace omserve::client {
namespace {

constexpr int kMaxSide = 16384;  // pixels

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

const char* MethodName(ClassSpec::Method method) {
  switch (method) {
    case ClassSpec::Method::kDetect:
      return "detect";
    case ClassSpec::Method::kEmbed:
      return "embed";
    case ClassSpec::Method::kRead:
      return "read";
    case ClassSpec::Method::kInfer:
      return "infer";
  }
  return "";
}

}  // namespace omserve::client
