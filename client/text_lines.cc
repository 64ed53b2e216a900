// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/text_lines.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace omserve::client {
namespace {

std::string FormatLine(const v1::TextLine& line) {
  if (line.score() > 0 || !line.text().empty()) {
    return absl::StrFormat("  %.3f  %s\n", line.score(), line.text());
  }
  if (!line.has_box()) {
    return "  0.000\n";
  }
  const v1::BoundingBox& box = line.box();
  return absl::StrFormat("  %.3f  [%.0f, %.0f, %.0f, %.0f]\n", line.box_score(), box.x1(), box.y1(),
                         box.x2(), box.y2());
}

}  // namespace

std::string FormatText(const std::vector<ReadFileAnswer>& answers) {
  std::string text;
  for (const ReadFileAnswer& answer : answers) {
    if (!answer.status.ok()) {
      continue;
    }
    absl::StrAppend(&text, answer.file, answer.answer.lines().empty() ? ": no text\n" : "\n");
    for (const v1::TextLine& line : answer.answer.lines()) {
      text += FormatLine(line);
    }
    if (answer.answer.places_cut() > 0) {
      absl::StrAppend(&text, "  ... and ", answer.answer.places_cut(),
                      " more places that were not read\n");
    }
  }
  return text;
}

}  // namespace omserve::client
