// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/text_recognition.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/graphs/stage_output.h"
#include "pipelines/image/bgr_planes.h"
#include "pipelines/image/crop_quad.h"
#include "pipelines/image/resize.h"

namespace omserve {
namespace {

constexpr int kHeight = 48;            // pixels of every line
constexpr int kStep = 8;               // pixels a step of the recognition
constexpr int kOverlap = 160;          // pixels that two parts of a line share at least
constexpr int kWidest = 4 * 1280;      // pixels; lines beyond are squeezed
constexpr int kClassifierWidth = 192;  // pixels
constexpr size_t kMostAnswerBytes = size_t{64} << 20;  // of one call
constexpr std::string_view kClassifier = "cls";

const BgrPlanes& LinePlanes() {
  static const BgrPlanes planes({0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F});
  return planes;
}

// The width at a height of 48, cut to 1 .. most.
int WidthOf(const Picture& crop, int most) {
  const double ratio = static_cast<double>(crop.width()) / crop.height();
  return static_cast<int>(std::clamp(std::ceil(kHeight * ratio), 1.0, static_cast<double>(most)));
}

StageCall FetchFirst(std::string_view stage, HostTensor input) {
  StageCall call;
  call.stage = stage;
  call.items = input.rows();
  call.inputs.emplace_back().host = std::move(input);
  call.fetch = {0};
  return call;
}

absl::Status BadShape(std::string_view stage, const Shape& shape, const Shape& wanted) {
  return StageError(stage, absl::InternalError(absl::StrCat("gave ", ShapeString(shape), ", not ",
                                                            ShapeString(wanted))));
}

}  // namespace

TextRecognition::TextRecognition(const PpOcrConfig& config, std::span<const LineCrop> crops)
    : config_(&config), crops_(crops) {
  const int longest = config.rec_gears.back().width;
  for (size_t i = 0; i < crops.size(); ++i) {
    const Picture& crop = crops[i].picture;
    Line& line = lines_.emplace_back();
    line.width = WidthOf(crop, kWidest);
    // RapidOCR cuts the width down instead of up where the line fills its frame.
    const double exact = kHeight * (static_cast<double>(crop.width()) / crop.height());
    if (exact > config.rec_gears.front().width) {
      line.width = std::min(line.width, static_cast<int>(std::min<double>(exact, kWidest)));
    }
    line.windows = SplitLine(line.width, longest, std::min(kOverlap, longest / 2), kStep);
    line.steps.resize(line.windows.size());
    for (size_t part = 0; part < line.windows.size(); ++part) {
      const auto gear =
          std::find_if(config.rec_gears.begin(), config.rec_gears.end(),
                       [&](const RecGear& g) { return g.width >= line.windows[part].width; });
      items_.push_back({i, part, static_cast<size_t>(gear - config.rec_gears.begin())});
    }
  }
  MakeChunks();
}

void TextRecognition::MakeChunks() {
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
    return std::tuple(a.gear, a.line, a.part) < std::tuple(b.gear, b.line, b.part);
  });
  for (size_t i = 0; i < items_.size(); ++i) {
    const size_t gear = items_[i].gear;
    const size_t bytes = static_cast<size_t>(config_->rec_gears[gear].width / kStep) *
                         config_->dictionary.classes() * sizeof(float);
    const size_t most = std::max<size_t>(1, kMostAnswerBytes / bytes);
    if (chunks_.empty() || chunks_.back().gear != gear || chunks_.back().count >= most) {
      chunks_.push_back({gear, i, 0});
    }
    ++chunks_.back().count;
  }
}

absl::StatusOr<StageCall> TextRecognition::Call(const LineChunk& chunk,
                                                TensorAllocator& allocator) const {
  const RecGear& gear = config_->rec_gears[chunk.gear];
  HostTensor input = allocator.Allocate(
      DType::kFloat32, {static_cast<int64_t>(chunk.count), 3, kHeight, gear.width});
  const size_t row = static_cast<size_t>(3 * kHeight) * static_cast<size_t>(gear.width);
  Picture resized;  // parts of one line follow each other
  for (size_t i = 0; i < chunk.count; ++i) {
    const Item& item = items_[chunk.first + i];
    const Line& line = lines_[item.line];
    const LineWindow& window = line.windows[item.part];
    if (i == 0 || items_[chunk.first + i - 1].line != item.line) {
      OMSERVE_ASSIGN_OR_RETURN(resized,
                               ResizeLinear(crops_[item.line].picture, line.width, kHeight));
    }
    LinePlanes().Write(resized, window.x, window.width, Padding::kZero, kHeight, gear.width,
                       input.as<float>().data() + i * row);
  }
  return FetchFirst(gear.stage, std::move(input));
}

absl::Status TextRecognition::Take(const LineChunk& chunk, const StageResult& result) {
  const RecGear& gear = config_->rec_gears[chunk.gear];
  OMSERVE_ASSIGN_OR_RETURN(const auto outputs, FetchedOutputs(result, gear.stage, 0, 1));
  const size_t classes = config_->dictionary.classes();
  const int64_t count = static_cast<int64_t>(chunk.count) - result.items_cut;
  const Shape wanted = {count, gear.width / kStep, static_cast<int64_t>(classes)};
  if (outputs[0].shape() != wanted) return BadShape(gear.stage, outputs[0].shape(), wanted);
  const size_t row = static_cast<size_t>(wanted[1]) * classes;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const Item& item = items_[chunk.first + i];
    lines_[item.line].steps[item.part] =
        BestClasses(outputs[0].as<const float>().subspan(i * row, row), classes);
  }
  return absl::OkStatus();
}

std::vector<LineReading> TextRecognition::Finish() const {
  std::vector<LineReading> readings;
  readings.reserve(lines_.size());
  for (const Line& line : lines_) {
    LineReading& reading = readings.emplace_back();
    reading.characters = JoinWindows(line.windows, line.steps, kStep);
    reading.columns = static_cast<float>(line.width) / kStep;
  }
  return readings;
}

absl::StatusOr<StageCall> OrientationCall(std::span<const LineCrop> crops,
                                          TensorAllocator& allocator) {
  HostTensor input = allocator.Allocate(
      DType::kFloat32, {static_cast<int64_t>(crops.size()), 3, kHeight, kClassifierWidth});
  const size_t row = size_t{3} * kHeight * kClassifierWidth;
  for (size_t i = 0; i < crops.size(); ++i) {
    const int width = WidthOf(crops[i].picture, kClassifierWidth);
    OMSERVE_ASSIGN_OR_RETURN(const Picture line, ResizeLinear(crops[i].picture, width, kHeight));
    LinePlanes().Write(line, 0, width, Padding::kZero, kHeight, kClassifierWidth,
                       input.as<float>().data() + i * row);
  }
  return FetchFirst(kClassifier, std::move(input));
}

absl::Status TakeOrientation(const StageResult& result, float threshold,
                             std::span<LineCrop> crops) {
  OMSERVE_ASSIGN_OR_RETURN(const auto outputs, FetchedOutputs(result, kClassifier, 0, 1));
  const Shape wanted = {static_cast<int64_t>(crops.size()) - result.items_cut, 2};
  if (outputs[0].shape() != wanted) return BadShape(kClassifier, outputs[0].shape(), wanted);
  const std::span<const float> scores = outputs[0].as<const float>();
  for (size_t i = 0; i < static_cast<size_t>(wanted[0]); ++i) {
    const float upright = scores[2 * i], headlong = scores[2 * i + 1];
    crops[i].orientation_score = std::max(upright, headlong);
    if (!(headlong > upright && headlong > threshold)) continue;
    crops[i].picture = TurnPicture(crops[i].picture, 180);
    crops[i].turned += 180;
  }
  return absl::OkStatus();
}

}  // namespace omserve
