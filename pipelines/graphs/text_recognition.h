// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"
#include "pipelines/graphs/model_runner.h"
#include "pipelines/graphs/ppocr_config.h"
#include "pipelines/image/picture.h"
#include "pipelines/steps/ctc_decode.h"
#include "pipelines/steps/line_windows.h"

namespace omserve {

// A line of text, cut out of its picture.
struct LineCrop {
  Picture picture;
  int turned = 0;               // degrees counter-clockwise, since it was cut out
  float orientation_score = 0;  // 0 to 1
};

// What a line was read as.
struct LineReading {
  std::vector<CtcCharacter> characters;
  float columns = 0;  // steps that the line itself is long, its padding left out
};

// Items of one stage call, which all have the same gear.
struct LineChunk {
  size_t gear = 0;
  size_t first = 0;
  size_t count = 0;
};

// Reads the lines of one request: each is resized to a height of 48 pixels and goes, by its own
// width alone, to the narrowest gear that holds it; one that is wider than all of them goes in
// parts. Copyable, thread-compatible. 'config' and the crops must outlive it.
class TextRecognition {
 public:
  TextRecognition(const PpOcrConfig& config, std::span<const LineCrop> crops);

  // In the order of the gears; none holds so much that its answer would fill the host's memory.
  const std::vector<LineChunk>& chunks() const { return chunks_; }

  // float32 [count, 3, 48, gear], and its answer, [count, gear / 8, classes]. Lines are resized
  // here and not kept. Errors: those of ResizeLinear.
  absl::StatusOr<StageCall> Call(const LineChunk& chunk, TensorAllocator& allocator) const;
  // INTERNAL when the answer has another shape. Items that the answer lacks stay unread.
  absl::Status Take(const LineChunk& chunk, const StageResult& result);

  // In the order of the crops; to be called once, last.
  std::vector<LineReading> Finish() const;

 private:
  struct Item {
    size_t line = 0;
    size_t part = 0;
    size_t gear = 0;
  };
  struct Line {
    int width = 0;  // pixels at a height of 48
    std::vector<LineWindow> windows;
    std::vector<CtcSteps> steps;  // one a window
  };

  void MakeChunks();

  const PpOcrConfig* config_;
  std::span<const LineCrop> crops_;
  std::vector<Line> lines_;
  std::vector<Item> items_;  // sorted by gear
  std::vector<LineChunk> chunks_;
};

// The direction classifier's side of it.

// float32 [count, 3, 48, 192] of the crops, and its answer, [count, 2].
absl::StatusOr<StageCall> OrientationCall(std::span<const LineCrop> crops,
                                          TensorAllocator& allocator);
// Turns the crops that stand on their head. INTERNAL when the answer has another shape.
absl::Status TakeOrientation(const StageResult& result, float threshold, std::span<LineCrop> crops);

// Crops of one call of the classifier.
inline constexpr size_t kMostOrientationItems = 256;

}  // namespace omserve
