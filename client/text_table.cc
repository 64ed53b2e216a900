// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/text_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omserve::client {
namespace {

size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

void TextTable::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::Format() const {
  std::vector<std::string> titles;
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    widths.push_back(Width(columns_[i].title));
    for (const auto& row : rows_) {
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string blanks(widths[i] - Width(cells[i]), ' ');
      const bool left = columns_[i].align == Align::kLeft;
      absl::StrAppend(&line, i == 0 ? "" : "  ", left ? "" : blanks, cells[i], left ? blanks : "");
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  };
  add_line(titles);
  std::vector<std::string> dashes;
  for (const size_t width : widths) {
    dashes.emplace_back(width, '-');
  }
  add_line(dashes);
  for (const auto& row : rows_) {
    add_line(row);
  }
  return text;
}

}  // namespace omserve::client
