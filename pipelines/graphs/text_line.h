// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipelines/base/box.h"
#include "pipelines/base/quad.h"
#include "pipelines/image/image_input.h"

namespace omserve {

enum class ReadTask : uint8_t { kDetectAndRecognise, kDetect, kRecognise };
enum class TextRegion : uint8_t { kQuad, kPolygon, kBox };

// What the caller may set per request; the pipeline's defaults come from its manifest.
struct ReadTextOptions {
  ReadTask task = ReadTask::kDetectAndRecognise;
  float min_score = 0.5F;      // [0, 1]
  float box_score_min = 0.5F;  // [0, 1]
  float unclip_ratio = 1.6F;   // (0, 10]
  TextRegion region = TextRegion::kQuad;
  bool orientation = true;
  bool characters = false;
  bool words = false;
  int max_lines = 1000;  // [1, 1000]
};

// Most lines that one request may bring or find.
inline constexpr int kMostTextLines = 1000;

// A picture, or lines that the caller has cut out. The bytes belong to the caller.
struct ReadTextInput {
  ImageInput image;
  std::vector<ImageInput> lines;  // kRecognise only
};

// A character or a word, and where it is.
struct TextPiece {
  std::string text;
  float score = 0;     // 0 to 1
  float position = 0;  // of its middle along the line, 0 to 1
  Quad outline;        // pixels of the picture, or of the line that was sent
};

struct TextLine {
  int index = 0;    // in reading order, or of the line that was sent
  Polygon outline;  // pixels of the picture; empty for kBox and for lines that were sent
  Box box;          // around it; all 0 for lines that were sent
  float box_score = 0;
  std::string text;
  float score = 0;              // 0 to 1
  int turned = 0;               // degrees counter-clockwise, before it was read
  float orientation_score = 0;  // of the classifier; 0 when it did not run
  std::vector<TextPiece> characters;
  std::vector<TextPiece> words;
};

struct ReadTextResult {
  int image_width = 0;  // 0 for lines that were sent
  int image_height = 0;
  std::vector<TextLine> lines;
  int lines_found = 0;
  int lines_below_score = 0;
  int places_cut = 0;
};

}  // namespace omserve
