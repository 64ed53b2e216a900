// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/read_text_checks.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/image/decoded_size.h"
#include "server/service/request_checks.h"

namespace omserve {
namespace {

template <typename... Args>
absl::Status Bad(const Args&... args) {
  return absl::InvalidArgumentError(absl::StrCat(args...));
}

absl::Status TakeUnit(std::string_view field, float value, float& to) {
  // Written so that NaN fails.
  if (!(value >= 0.0F && value <= 1.0F)) {
    return Bad(std::string(field), ": ", value, " is not between 0 and 1");
  }
  to = value;
  return absl::OkStatus();
}

absl::StatusOr<ReadTask> TaskOf(const v1::ReadTextRequest& request) {
  switch (request.task()) {
    case v1::READ_TASK_UNSPECIFIED:
      return request.lines().empty() ? ReadTask::kDetectAndRecognise : ReadTask::kRecognise;
    case v1::READ_TASK_DETECT_AND_RECOGNISE:
      return ReadTask::kDetectAndRecognise;
    case v1::READ_TASK_DETECT:
      return ReadTask::kDetect;
    case v1::READ_TASK_RECOGNISE:
      return ReadTask::kRecognise;
    default:
      return Bad("task: ", static_cast<int>(request.task()), " is not a known value");
  }
}

absl::StatusOr<TextRegion> RegionOf(v1::TextRegion region) {
  switch (region) {
    case v1::TEXT_REGION_UNSPECIFIED:
    case v1::TEXT_REGION_QUAD:
      return TextRegion::kQuad;
    case v1::TEXT_REGION_POLYGON:
      return TextRegion::kPolygon;
    case v1::TEXT_REGION_BOX:
      return TextRegion::kBox;
    default:
      return Bad("region: ", static_cast<int>(region), " is not a known value");
  }
}

}  // namespace

absl::StatusOr<ReadTextInput> CheckReadTextInput(const v1::ReadTextRequest& request,
                                                 const ImageLimits& limits) {
  OMSERVE_ASSIGN_OR_RETURN(const ReadTask task, TaskOf(request));
  ReadTextInput input;
  if (task != ReadTask::kRecognise) {
    if (!request.lines().empty()) return Bad("lines: must be empty for this task");
    OMSERVE_ASSIGN_OR_RETURN(input.image, CheckImage(request.image(), limits));
    return input;
  }
  if (request.has_image()) return Bad("image: must be absent when lines are sent");
  if (request.lines().empty()) return Bad("lines: is empty; READ_TASK_RECOGNISE needs lines");
  if (request.lines_size() > kMostTextLines) {
    return Bad("lines: ", request.lines_size(), " are more than ", kMostTextLines);
  }
  for (int i = 0; i < request.lines_size(); ++i) {
    auto line = CheckImage(request.lines(i), limits);
    if (!line.ok()) return Bad("lines[", i, "].", line.status().message());
    input.lines.push_back(*std::move(line));
  }
  return input;
}

absl::StatusOr<int64_t> ReadTextInputBytes(const ReadTextInput& input, const ImageLimits& limits) {
  constexpr int64_t kPixelBytes = 3;
  if (input.lines.empty()) {
    OMSERVE_ASSIGN_OR_RETURN(const int64_t decoded, DecodedSize(input.image, limits));
    return static_cast<int64_t>(input.image.bytes.size()) + decoded;
  }
  int64_t sent = 0;
  int64_t pixels = 0;
  for (size_t i = 0; i < input.lines.size(); ++i) {
    const ImageInput& line = input.lines[i];
    const auto decoded = DecodedSize(line, limits);
    if (!decoded.ok()) return Bad("lines[", i, "]: ", decoded.status().message());
    sent += static_cast<int64_t>(line.bytes.size());
    pixels += std::max(static_cast<int64_t>(line.width) * line.height, *decoded / kPixelBytes);
    if (pixels > limits.max_pixels) {
      return Bad("lines: together they are more than ", limits.max_pixels, " pixels");
    }
  }
  return sent + pixels * kPixelBytes;
}

absl::StatusOr<ReadTextOptions> CheckReadTextOptions(const v1::ReadTextRequest& request,
                                                     const PpOcrConfig& config) {
  ReadTextOptions options = config.defaults;
  OMSERVE_ASSIGN_OR_RETURN(options.task, TaskOf(request));
  OMSERVE_ASSIGN_OR_RETURN(options.region, RegionOf(request.region()));
  // Lines that were sent are all answered, unless the caller says otherwise.
  if (options.task == ReadTask::kRecognise) options.min_score = 0;
  if (request.has_min_score()) {
    OMSERVE_RETURN_IF_ERROR(TakeUnit("min_score", request.min_score(), options.min_score));
  }
  if (request.has_box_score_min()) {
    OMSERVE_RETURN_IF_ERROR(
        TakeUnit("box_score_min", request.box_score_min(), options.box_score_min));
  }
  if (request.has_unclip_ratio()) {
    if (!(request.unclip_ratio() > 0.0F && request.unclip_ratio() <= 10.0F)) {
      return Bad("unclip_ratio: ", request.unclip_ratio(), " is not above 0 and at most 10");
    }
    options.unclip_ratio = request.unclip_ratio();
  }
  if (request.has_max_lines()) {
    if (request.max_lines() < 1 || request.max_lines() > kMostTextLines) {
      return Bad("max_lines: ", request.max_lines(), " is not between 1 and ", kMostTextLines);
    }
    options.max_lines = request.max_lines();
  }
  if (request.has_orientation()) {
    if (request.orientation() && !config.has_classifier) {
      return Bad("orientation: the model has no direction classifier");
    }
    options.orientation = request.orientation();
  }
  options.characters = request.characters();
  options.words = request.words();
  return options;
}

}  // namespace omserve
