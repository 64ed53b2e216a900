// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/text_json.h"

#include <utility>
#include <vector>

#include "client/answer_json.h"

namespace omserve::client {
namespace {

using nlohmann::json;

template <typename Piece>
json PieceToJson(const Piece& piece) {
  return {{"text", piece.text()},
          {"score", piece.score()},
          {"outline", std::vector<float>(piece.outline().begin(), piece.outline().end())}};
}

json LineToJson(const v1::TextLine& line) {
  json document = {{"index", line.index()},
                   {"text", line.text()},
                   {"score", line.score()},
                   {"outline", std::vector<float>(line.outline().begin(), line.outline().end())},
                   {"box_score", line.box_score()},
                   {"turned", line.turned()},
                   {"orientation_score", line.orientation_score()}};
  if (line.has_box()) {
    const v1::BoundingBox& box = line.box();
    document["box"] = {box.x1(), box.y1(), box.x2(), box.y2()};
  }
  for (const v1::TextCharacter& character : line.characters()) {
    json piece = PieceToJson(character);
    piece["position"] = character.position();
    document["characters"].push_back(std::move(piece));
  }
  for (const v1::TextWord& word : line.words()) {
    document["words"].push_back(PieceToJson(word));
  }
  return document;
}

}  // namespace

json ToJson(const ReadFileAnswer& answer) {
  json document = {{"file", answer.file}, {"error", ErrorToJson(answer.status)}};
  if (!answer.status.ok()) {
    return document;
  }
  const v1::ReadTextResponse& response = answer.answer;
  json lines = json::array();
  for (const v1::TextLine& line : response.lines()) {
    lines.push_back(LineToJson(line));
  }
  document["model"] = response.model();
  document["image"] = {{"width", response.image_width()}, {"height", response.image_height()}};
  document["lines"] = std::move(lines);
  document["lines_found"] = response.lines_found();
  document["lines_below_score"] = response.lines_below_score();
  document["places_cut"] = response.places_cut();
  document["timing"] = TimingToJson(response.timing());
  return document;
}

}  // namespace omserve::client
