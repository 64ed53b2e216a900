// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/ppocr_config.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace omserve {
namespace {

constexpr int kDetMultiple = 32;  // pixels, of both sides
constexpr int kRecMultiple = 8;   // pixels a step of the recognition
constexpr int kMostSide = 8192;
constexpr int kLeastRecWidth = 160;

absl::Status Bad(std::string_view field, std::string_view rule) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(field), " must be ", std::string(rule)));
}

absl::Status BadStage(std::string_view name, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("stages: '", std::string(name), "' ", std::string(why)));
}

// Written so that NaN fails too.
bool Unit(float value) { return value >= 0.0F && value <= 1.0F; }

// A decimal number without sign; 0 when it is none.
int Number(std::string_view digits) {
  int value = 0;
  const absl::string_view text(digits.data(), digits.size());
  if (text.empty() || text.front() == '+' || text.front() == '-') return 0;
  return absl::SimpleAtoi(text, &value) ? value : 0;
}

bool Side(int value, int multiple) {
  return value >= multiple && value <= kMostSide && value % multiple == 0;
}

absl::Status AddDetection(std::string_view name, PpOcrConfig& config) {
  const std::string_view size = name.substr(4);
  const size_t cross = size.find('x');
  DetGear gear{std::string(name), Number(size.substr(0, cross)),
               cross == std::string_view::npos ? 0 : Number(size.substr(cross + 1))};
  if (!Side(gear.height, kDetMultiple) || !Side(gear.width, kDetMultiple)) {
    return BadStage(name, "must be det_<height>x<width>, multiples of 32 up to 8192");
  }
  if (std::any_of(config.det_gears.begin(), config.det_gears.end(), [&](const DetGear& other) {
        return other.height == gear.height && other.width == gear.width;
      })) {
    return BadStage(name, "is there twice");
  }
  config.det_gears.push_back(std::move(gear));
  return absl::OkStatus();
}

absl::Status AddRecognition(std::string_view name, PpOcrConfig& config) {
  RecGear gear{std::string(name), Number(name.substr(4))};
  if (!Side(gear.width, kRecMultiple) || gear.width < kLeastRecWidth) {
    return BadStage(name, "must be rec_<width>, a multiple of 8 from 160 to 8192");
  }
  const auto place =
      std::lower_bound(config.rec_gears.begin(), config.rec_gears.end(), gear.width,
                       [](const RecGear& other, int width) { return other.width < width; });
  if (place != config.rec_gears.end() && place->width == gear.width) {
    return BadStage(name, "is there twice");
  }
  config.rec_gears.insert(place, std::move(gear));
  return absl::OkStatus();
}

}  // namespace

absl::Status AddPpOcrStage(std::string_view name, PpOcrConfig& config) {
  const absl::string_view text(name.data(), name.size());
  if (absl::StartsWith(text, "det_")) return AddDetection(name, config);
  if (absl::StartsWith(text, "rec_")) return AddRecognition(name, config);
  if (name != "cls") {
    return BadStage(name,
                    "is not a stage of the pipeline; these are: det_<height>x<width>, "
                    "rec_<width>, cls");
  }
  if (config.has_classifier) return BadStage(name, "is there twice");
  config.has_classifier = true;
  return absl::OkStatus();
}

absl::Status CheckOptions(const ReadTextOptions& options) {
  if (!Unit(options.min_score)) return Bad("min_score", "between 0 and 1");
  if (!Unit(options.box_score_min)) return Bad("box_score_min", "between 0 and 1");
  if (!(options.unclip_ratio > 0 && options.unclip_ratio <= 10)) {
    return Bad("unclip_ratio", "above 0 and at most 10");
  }
  if (options.max_lines < 1 || options.max_lines > kMostTextLines) {
    return Bad("max_lines", absl::StrCat("between 1 and ", kMostTextLines));
  }
  return absl::OkStatus();
}

absl::Status CheckConfig(const PpOcrConfig& config) {
  if (config.det_gears.empty()) return Bad("stages", "one det_<height>x<width> at least");
  if (config.rec_gears.empty()) return Bad("stages", "one rec_<width> at least");
  if (config.dictionary.classes() < 2) return Bad("dictionary_file", "set");
  if (config.det_limit_side < kDetMultiple || config.det_limit_side > kMostSide) {
    return Bad("det_limit_side", "between 32 and 8192");
  }
  if (config.max_side < kDetMultiple || config.max_side > kMostSide) {
    return Bad("max_side", "between 32 and 8192");
  }
  for (const float std : config.det_std) {
    if (!(std > 0)) return Bad("det_std", "positive");
  }
  if (!Unit(config.contours.threshold)) return Bad("det_threshold", "between 0 and 1");
  if (!Unit(config.orientation_threshold)) return Bad("orientation_threshold", "between 0 and 1");
  if (config.defaults.orientation && !config.has_classifier) {
    return Bad("orientation", "false without a stage cls");
  }
  if (config.limits.max_pixels < 1) return Bad("limits.max_pixels", "1 or more");
  if (config.limits.max_side < 1) return Bad("limits.max_side", "1 or more");
  return CheckOptions(config.defaults);
}

}  // namespace omserve
