// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/graphs/text_line.h"
#include "pipelines/image/image_input.h"
#include "pipelines/image/text_contours.h"
#include "pipelines/steps/dictionary.h"

namespace omserve {

// A size that detection was compiled for.
struct DetGear {
  std::string stage;  // det_<height>x<width>
  int height = 0;     // pixels, multiples of 32
  int width = 0;
};

// A width that recognition was compiled for; its height is 48.
struct RecGear {
  std::string stage;  // rec_<width>
  int width = 0;      // pixels, a multiple of 8
};

// Everything that makes one PP-OCR pipeline differ from another. Defaults are RapidOCR 1.4.4's for
// PP-OCRv4.
struct PpOcrConfig {
  Dictionary dictionary;
  std::vector<DetGear> det_gears;
  std::vector<RecGear> rec_gears;                      // ascending
  bool has_classifier = false;                         // whether there is a stage cls
  int det_limit_side = 736;                            // pixels
  bool det_limit_max = false;                          // of the longer side; else of the shorter
  int max_side = 2000;                                 // pixels; larger pictures are shrunk first
  std::array<float, 3> det_mean = {0.5F, 0.5F, 0.5F};  // B, G, R; 0..1 scale
  std::array<float, 3> det_std = {0.5F, 0.5F, 0.5F};
  TextContourOptions contours;
  float orientation_threshold = 0.9F;
  ReadTextOptions defaults;
  ImageLimits limits;
};

// Sorts the stages of a PP-OCR pipeline into gears by their names. INVALID_ARGUMENT, naming the
// stage, when a name is none of det_<height>x<width>, rec_<width> and cls, or is there twice, or a
// side is no multiple of what the network needs. Thread-safe.
absl::Status AddPpOcrStage(std::string_view name, PpOcrConfig& config);

// INVALID_ARGUMENT, naming the field, when the configuration cannot work. Thread-safe.
absl::Status CheckConfig(const PpOcrConfig& config);
// INVALID_ARGUMENT, naming the field, when an option is out of its range (NaN is). Thread-safe.
absl::Status CheckOptions(const ReadTextOptions& options);

}  // namespace omserve
