// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/text_json.h"

#include <gtest/gtest.h>

#include "client/text_lines.h"

namespace omserve::client {
namespace {

using nlohmann::json;

ReadFileAnswer Answer() {
  ReadFileAnswer answer;
  answer.file = "page.png";
  v1::ReadTextResponse& response = answer.answer;
  response.set_model("ppocr_v4");
  response.set_image_width(100);
  response.set_image_height(50);
  response.set_lines_found(2);
  response.set_lines_below_score(1);
  response.set_places_cut(3);
  v1::TextLine* line = response.add_lines();
  line->set_text("中 a");
  line->set_score(0.5F);
  for (const float v : {1, 2, 9, 2, 9, 4, 1, 4}) line->add_outline(v);
  line->mutable_box()->set_x1(1);
  line->mutable_box()->set_y1(2);
  line->mutable_box()->set_x2(9);
  line->mutable_box()->set_y2(4);
  line->set_box_score(0.75F);
  line->set_turned(180);
  line->set_orientation_score(1);
  v1::TextCharacter* character = line->add_characters();
  character->set_text("中");
  character->set_score(0.5F);
  character->set_position(0.25F);
  character->add_outline(1);
  return answer;
}

TEST(TextJsonTest, ConvertsLines) {
  const json document = ToJson(Answer());
  const json expected = json::parse(R"({
    "file": "page.png", "model": "ppocr_v4", "image": {"width": 100, "height": 50},
    "lines": [{"index": 0, "text": "中 a", "score": 0.5, "outline": [1, 2, 9, 2, 9, 4, 1, 4],
      "box": [1, 2, 9, 4], "box_score": 0.75, "turned": 180, "orientation_score": 1.0,
      "characters": [{"text": "中", "score": 0.5, "position": 0.25, "outline": [1]}]}],
    "lines_found": 2, "lines_below_score": 1, "places_cut": 3,
    "timing": {"received_to_sent_ms": 0.0, "stages": []}, "error": null})");
  EXPECT_EQ(document, expected) << document.dump(2);
}

TEST(TextJsonTest, AFailedFileHasItsErrorAlone) {
  ReadFileAnswer answer;
  answer.file = "a.png";
  answer.status = absl::NotFoundError("no model");
  EXPECT_EQ(
      ToJson(answer),
      json::parse(R"({"file": "a.png", "error": {"code": "NOT_FOUND", "message": "no model"}})"));
}

TEST(TextLinesTest, PrintsTextPlacesAndWhatIsMissing) {
  ReadFileAnswer page = Answer();
  v1::TextLine* place = page.answer.add_lines();
  *place = page.answer.lines(0);
  place->clear_text();
  place->clear_score();
  ReadFileAnswer blank;
  blank.file = "blank.png";
  ReadFileAnswer failed;
  failed.status = absl::InternalError("broken");
  EXPECT_EQ(FormatText({page, blank, failed}),
            "page.png\n  0.500  中 a\n  0.750  [1, 2, 9, 4]\n"
            "  ... and 3 more places that were not read\nblank.png: no text\n");
}

}  // namespace
}  // namespace omserve::client
