// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/text_pieces.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "pipelines/steps/ctc_decode.h"
#include "pipelines/steps/quad_map.h"
#include "pipelines/steps/text_words.h"

namespace omserve {
namespace {

// The part of a line between two shares of its length.
TextPiece PieceOf(const QuadMap& map, LineSpan span, float position) {
  TextPiece piece;
  piece.position = std::clamp(position, 0.0F, 1.0F);
  piece.outline = {map.At(span.start, 0), map.At(span.end, 0), map.At(span.end, 1),
                   map.At(span.start, 1)};
  return piece;
}

}  // namespace

Box BoxAround(std::span<const PointF> points) {
  if (points.empty()) return {};
  Box box{points[0].x, points[0].y, points[0].x, points[0].y};
  for (const PointF& point : points) {
    box.x1 = std::min(box.x1, point.x);
    box.y1 = std::min(box.y1, point.y);
    box.x2 = std::max(box.x2, point.x);
    box.y2 = std::max(box.y2, point.y);
  }
  return box;
}

void SpellLine(const LineReading& reading, const Dictionary& dictionary, const Quad& quad,
               const ReadTextOptions& options, TextLine& line) {
  const std::span<const CtcCharacter> read(reading.characters);
  for (const CtcCharacter& one : read) line.text += dictionary.At(static_cast<size_t>(one.index));
  line.score = MeanScore(read);
  if (!options.characters && !options.words) return;
  const std::vector<LineSpan> spans = CharacterSpans(read, dictionary, reading.columns);
  if (spans.empty()) return;
  const QuadMap map(TurnCorners(quad, line.turned));
  for (size_t i = 0; options.characters && i < read.size(); ++i) {
    TextPiece& piece = line.characters.emplace_back(
        PieceOf(map, spans[i], (read[i].column + 0.5F) / reading.columns));
    piece.text = dictionary.At(static_cast<size_t>(read[i].index));
    piece.score = read[i].score;
  }
  if (!options.words) return;
  for (const WordSpan& word : GroupWords(read, dictionary)) {
    const LineSpan span{spans[word.first].start, spans[word.last - 1].end};
    TextPiece& piece = line.words.emplace_back(PieceOf(map, span, (span.start + span.end) / 2));
    const auto characters = read.subspan(word.first, word.last - word.first);
    for (const CtcCharacter& one : characters) {
      piece.text += dictionary.At(static_cast<size_t>(one.index));
    }
    piece.score = MeanScore(characters);
  }
}

}  // namespace omserve
