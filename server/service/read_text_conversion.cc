// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/read_text_conversion.h"

#include <span>
#include <utility>

namespace omserve {
namespace {

template <typename Repeated>
void ConvertOutline(std::span<const PointF> points, Repeated& out) {
  for (const PointF& point : points) {
    out.Add(point.x);
    out.Add(point.y);
  }
}

void ConvertLine(TextLine line, v1::TextLine& out) {
  out.set_index(line.index);
  ConvertOutline(line.outline, *out.mutable_outline());
  out.set_box_score(line.box_score);
  out.set_text(std::move(line.text));
  out.set_score(line.score);
  out.set_turned(line.turned);
  out.set_orientation_score(line.orientation_score);
  for (TextPiece& piece : line.characters) {
    v1::TextCharacter& to = *out.add_characters();
    to.set_text(std::move(piece.text));
    to.set_score(piece.score);
    to.set_position(piece.position);
    ConvertOutline(piece.outline, *to.mutable_outline());
  }
  for (TextPiece& piece : line.words) {
    v1::TextWord& to = *out.add_words();
    to.set_text(std::move(piece.text));
    to.set_score(piece.score);
    ConvertOutline(piece.outline, *to.mutable_outline());
  }
}

}  // namespace

void ConvertText(ReadTextResult result, v1::ReadTextResponse& out) {
  out.set_image_width(result.image_width);
  out.set_image_height(result.image_height);
  out.set_lines_found(result.lines_found);
  out.set_lines_below_score(result.lines_below_score);
  out.set_places_cut(result.places_cut);
  const bool in_picture = result.image_width > 0;
  for (TextLine& line : result.lines) {
    v1::TextLine& to = *out.add_lines();
    if (in_picture) {
      to.mutable_box()->set_x1(line.box.x1);
      to.mutable_box()->set_y1(line.box.y1);
      to.mutable_box()->set_x2(line.box.x2);
      to.mutable_box()->set_y2(line.box.y2);
    }
    ConvertLine(std::move(line), to);
  }
}

}  // namespace omserve
