// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/unclip.h"

#include <cmath>
#include <polyclipping/clipper.hpp>

namespace omserve {
namespace {

// |Shoelace formula|, before anything is rounded.
double Area(std::span<const PointF> outline) {
  double twice = 0;
  for (size_t i = 0; i < outline.size(); ++i) {
    const PointF a = outline[i];
    const PointF b = outline[(i + 1) % outline.size()];
    twice += static_cast<double>(a.x) * static_cast<double>(b.y) -
             static_cast<double>(b.x) * static_cast<double>(a.y);
  }
  return std::abs(twice) / 2;
}

double Perimeter(std::span<const PointF> outline) {
  double length = 0;
  for (size_t i = 0; i < outline.size(); ++i) {
    const PointF a = outline[i];
    const PointF b = outline[(i + 1) % outline.size()];
    length += std::hypot(static_cast<double>(b.x) - static_cast<double>(a.x),
                         static_cast<double>(b.y) - static_cast<double>(a.y));
  }
  return length;
}

}  // namespace

std::vector<PointI> Unclip(std::span<const PointF> outline, double ratio) {
  const double length = Perimeter(outline);
  if (!(length > 0)) return {};
  ClipperLib::Path path;
  path.reserve(outline.size());
  for (const PointF& corner : outline) {
    path.emplace_back(static_cast<ClipperLib::cInt>(corner.x),
                      static_cast<ClipperLib::cInt>(corner.y));
  }
  ClipperLib::ClipperOffset offset;
  offset.AddPath(path, ClipperLib::jtRound, ClipperLib::etClosedPolygon);
  ClipperLib::Paths grown;
  offset.Execute(grown, Area(outline) * ratio / length);
  if (grown.size() != 1) return {};
  std::vector<PointI> points;
  points.reserve(grown[0].size());
  for (const ClipperLib::IntPoint& point : grown[0]) {
    points.push_back({static_cast<int32_t>(point.X), static_cast<int32_t>(point.Y)});
  }
  return points;
}

}  // namespace omserve
