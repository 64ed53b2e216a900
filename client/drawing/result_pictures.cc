// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/result_pictures.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "client/drawing/contact_sheet.h"
#include "client/drawing/draw_detections.h"
#include "client/drawing/draw_text.h"
#include "client/drawing/picture.h"
#include "client/drawing/text_font.h"
#include "client/picture_files.h"

namespace omserve::client {
namespace {

constexpr char kSheetName[] = "contact_sheet";

// Draws one answer over its picture.
template <typename Response>
using Draw = std::function<absl::StatusOr<cv::Mat>(const cv::Mat&, const Response&)>;

template <typename Response>
absl::StatusOr<cv::Mat> DrawOne(const FileAnswer<Response>& answer, const Draw<Response>& draw) {
  const absl::StatusOr<std::string> bytes = ReadFile(answer.file);
  if (!bytes.ok()) {
    return bytes.status();
  }
  const absl::StatusOr<cv::Mat> picture = DecodePicture(*bytes);
  if (!picture.ok()) {
    return picture.status();
  }
  return draw(*picture, answer.answer);
}

absl::Status WithFile(const absl::Status& status, const std::string& file) {
  return absl::Status(status.code(), absl::StrCat("drawing ", file, ": ", status.message()));
}

// A name that is not in 'taken' yet, and is then.
std::string TakeName(const std::string& file, std::set<std::string>* taken) {
  const std::string stem = std::filesystem::path(file).stem().string();
  std::string name = stem;
  for (int i = 2; !taken->insert(name).second; ++i) {
    name = absl::StrCat(stem, "-", i);
  }
  return name;
}

template <typename Response>
DrawnPictures DrawAll(const std::vector<FileAnswer<Response>>& answers, const std::string& folder,
                      const Draw<Response>& draw) {
  DrawnPictures drawn;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    drawn.errors.push_back(
        absl::UnavailableError(absl::StrCat("cannot make ", folder, ": ", error.message())));
    return drawn;
  }
  const std::filesystem::path root(folder);
  std::set<std::string> taken = {kSheetName};
  ContactSheet sheet;
  for (const FileAnswer<Response>& answer : answers) {
    if (!answer.status.ok()) {
      continue;
    }
    const absl::StatusOr<cv::Mat> picture = DrawOne(answer, draw);
    if (!picture.ok()) {
      drawn.errors.push_back(WithFile(picture.status(), answer.file));
      continue;
    }
    const std::string path = (root / (TakeName(answer.file, &taken) + ".png")).string();
    absl::Status status = WritePng(*picture, path);
    if (status.ok()) {
      drawn.files.push_back(path);
      status = sheet.Add(*picture);
    }
    if (!status.ok()) {
      drawn.errors.push_back(WithFile(status, answer.file));
    }
  }
  if (sheet.empty()) {
    return drawn;
  }
  const absl::StatusOr<cv::Mat> tiles = sheet.Render();
  const std::string path = (root / absl::StrCat(kSheetName, ".png")).string();
  const absl::Status status = tiles.ok() ? WritePng(*tiles, path) : tiles.status();
  if (status.ok()) {
    drawn.contact_sheet = path;
  } else {
    drawn.errors.push_back(status);
  }
  return drawn;
}

}  // namespace

DrawnPictures DrawResults(const std::vector<DetectFileAnswer>& answers, const std::string& folder) {
  return DrawAll<v1::DetectResponse>(answers, folder, DrawDetections);
}

DrawnPictures DrawResults(const std::vector<ReadFileAnswer>& answers, const std::string& folder) {
  const std::optional<TextFont> font = TextFont::Open(TextFont::UsualFiles());
  const TextFont* const found = font.has_value() ? &*font : nullptr;
  DrawnPictures drawn = DrawAll<v1::ReadTextResponse>(
      answers, folder, [found](const cv::Mat& picture, const v1::ReadTextResponse& answer) {
        return DrawText(picture, answer, found);
      });
  const bool lacks = found == nullptr &&
                     std::any_of(answers.begin(), answers.end(), [](const ReadFileAnswer& answer) {
                       return answer.status.ok() && NeedsFont(answer.answer);
                     });
  if (lacks) {
    drawn.note =
        "characters beyond ASCII are drawn as '?': no font for them is installed "
        "(apt-get install fonts-noto-cjk)";
  }
  return drawn;
}

}  // namespace omserve::client
