// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/text_places.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "pipelines/base/status_macros.h"
#include "pipelines/image/least_quad.h"
#include "pipelines/steps/quad_order.h"
#include "pipelines/steps/unclip.h"

namespace omserve {
namespace {

constexpr float kLeastSide = 3;       // pixels of the map, before the unclip
constexpr float kLeastGrownSide = 5;  // pixels of the map, after it
constexpr double kSimplerBy = 0.002;  // share of a contour's length, for polygons
constexpr size_t kLeastPolygon = 4;   // corners

// From pixels of the map to whole pixels of the picture; halves go to the even one.
struct Scaling {
  float map_width, map_height, width, height;

  PointF operator()(PointF p) const {
    return {std::clamp(std::nearbyint(p.x / map_width * width), 0.0F, width),
            std::clamp(std::nearbyint(p.y / map_height * height), 0.0F, height)};
  }
};

Polygon FindOutline(std::span<const PointI> contour, const Scaling& scaling, double ratio) {
  const auto simple = Simplify(contour, kSimplerBy);
  if (!simple.ok() || simple->size() < kLeastPolygon) return {};
  Polygon corners;
  for (const PointI p : *simple) {
    corners.push_back({static_cast<float>(p.x), static_cast<float>(p.y)});
  }
  Polygon outline;
  for (const PointI p : Unclip(corners, ratio)) {
    outline.push_back(scaling({static_cast<float>(p.x), static_cast<float>(p.y)}));
  }
  return outline;
}

// Nothing when the contour is no place of text.
absl::StatusOr<std::optional<TextPlace>> FindPlace(const ProbabilityMap& map,
                                                   std::span<const PointI> contour,
                                                   const Scaling& scaling,
                                                   const TextPlaceOptions& options) {
  OMSERVE_ASSIGN_OR_RETURN(const LeastQuad tight, FindLeastQuad(contour));
  if (tight.short_side < kLeastSide) return std::nullopt;
  TextPlace place;
  OMSERVE_ASSIGN_OR_RETURN(place.score, MeanInside(map, tight.corners));
  if (!(place.score >= options.score_min)) return std::nullopt;
  const std::vector<PointI> grown = Unclip(tight.corners, options.unclip_ratio);
  if (grown.empty()) return std::nullopt;
  OMSERVE_ASSIGN_OR_RETURN(const LeastQuad loose, FindLeastQuad(grown));
  if (loose.short_side < kLeastGrownSide) return std::nullopt;
  for (size_t i = 0; i < 4; ++i) place.quad[i] = scaling(loose.corners[i]);
  place.quad = ClipToPicture(OrderClockwise(place.quad), static_cast<int>(scaling.width),
                             static_cast<int>(scaling.height));
  if (TooSmall(place.quad)) return std::nullopt;
  if (options.polygons) place.outline = FindOutline(contour, scaling, options.unclip_ratio);
  return place;
}

}  // namespace

absl::StatusOr<TextPlaces> FindTextPlaces(const ProbabilityMap& map, int picture_width,
                                          int picture_height, const TextPlaceOptions& options) {
  if (picture_width < 1 || picture_height < 1) {
    return absl::InvalidArgumentError("a picture without pixels has no places of text");
  }
  OMSERVE_ASSIGN_OR_RETURN(const auto contours, TextContours(map, options.contours));
  const Scaling scaling{static_cast<float>(map.width), static_cast<float>(map.height),
                        static_cast<float>(picture_width), static_cast<float>(picture_height)};
  TextPlaces found;
  const size_t looked_at =
      std::min(contours.size(), static_cast<size_t>(std::max(options.max_places, 0)));
  found.cut = static_cast<int>(contours.size() - looked_at);
  std::vector<TextPlace> places;
  std::vector<Quad> quads;
  for (size_t i = 0; i < looked_at; ++i) {
    OMSERVE_ASSIGN_OR_RETURN(auto place, FindPlace(map, contours[i], scaling, options));
    if (!place.has_value()) continue;
    quads.push_back(place->quad);
    places.push_back(*std::move(place));
  }
  for (const size_t i : ReadingOrder(quads)) found.places.push_back(std::move(places[i]));
  return found;
}

}  // namespace omserve
