// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/quad.h"
#include "pipelines/image/text_contours.h"

namespace omserve {

// DB's post-processing; defaults are RapidOCR 1.4.4's for PP-OCRv4.
struct TextPlaceOptions {
  TextContourOptions contours;
  float score_min = 0.5F;     // mean probability of a place, 0 to 1
  double unclip_ratio = 1.6;  // of area over perimeter
  int max_places = 1000;      // contours that are looked at
  bool polygons = false;      // whether the places get a polygon
};

// Where a line of text is.
struct TextPlace {
  Quad quad;        // whole pixels of the picture
  Polygon outline;  // pixels of the picture; empty when it was not asked for or is no one outline
  float score = 0;  // mean probability, 0 to 1
};

struct TextPlaces {
  std::vector<TextPlace> places;  // in reading order
  int cut = 0;                    // contours above 'max_places'
};

// The places of text in a probability map that covers a picture of the given size. Those with a
// short side under 3 pixels of the map before and 5 after the unclip, or under 4 of the picture,
// are left out. INVALID_ARGUMENT when a side is under 1. Thread-safe.
absl::StatusOr<TextPlaces> FindTextPlaces(const ProbabilityMap& map, int picture_width,
                                          int picture_height, const TextPlaceOptions& options);

}  // namespace omserve
