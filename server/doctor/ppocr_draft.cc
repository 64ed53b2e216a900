// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/doctor/families.h"
#include "server/doctor/labels_file.h"

namespace omserve {
namespace {

constexpr int64_t kLineHeight = 48;
constexpr int64_t kDetectionGrid = 32;  // sides are multiples of it
constexpr int64_t kFewestClasses = 10;

struct Sides {
  Shape input;
  Shape output;
};

// Of an OM with one picture-like input and one output; empty shapes otherwise.
Sides SidesOf(const DescribedOm& om) {
  if (om.info.inputs.size() != 1 || om.info.outputs.size() != 1) return {};
  const Shape input = DescribedOm::RowOf(om.info.inputs[0]);
  if (input.size() != 3 || input[0] != 3) return {};
  return {input, DescribedOm::RowOf(om.info.outputs[0])};
}

bool IsDetection(const Sides& sides) {
  return sides.input.size() == 3 && sides.output == Shape{1, sides.input[1], sides.input[2]} &&
         sides.input[1] % kDetectionGrid == 0 && sides.input[2] % kDetectionGrid == 0;
}
bool IsRecognition(const Sides& sides) {
  return sides.input.size() == 3 && sides.input[1] == kLineHeight && sides.output.size() == 2 &&
         sides.output[0] < sides.input[2] && sides.output[1] >= kFewestClasses;
}
bool IsDirection(const Sides& sides) {
  return sides.input == Shape{3, kLineHeight, 192} && sides.output == Shape{2};
}

}  // namespace

std::optional<PipelineDraft> DraftPpOcr(const std::vector<const DescribedOm*>& oms,
                                        std::string& missing) {
  PipelineDraft draft;
  std::set<std::string> names;
  std::vector<std::string> twice;
  int64_t classes = 0;
  int detections = 0, recognitions = 0;
  std::string folder;
  for (const DescribedOm* om : oms) {
    const Sides sides = SidesOf(*om);
    std::string name;
    if (IsDetection(sides)) name = absl::StrCat("det_", sides.input[1], "x", sides.input[2]);
    if (IsRecognition(sides)) name = absl::StrCat("rec_", sides.input[2]);
    if (IsDirection(sides)) name = "cls";
    if (name.empty()) continue;
    if (!names.insert(name).second) {
      twice.push_back(om->stem());
      continue;
    }
    if (IsDetection(sides)) ++detections;
    if (IsRecognition(sides)) {
      ++recognitions;
      if (classes != 0 && classes != sides.output[1]) return std::nullopt;  // two languages
      classes = sides.output[1];
      folder = om->folder();
    }
    draft.AddStage(name, *om);
  }
  if (detections == 0 || recognitions == 0) return std::nullopt;
  const auto dictionaries = FindDictionaries(folder);
  const auto with_space = OfLines(dictionaries, classes - 2);
  const auto without = OfLines(dictionaries, classes - 1);
  if (!with_space.has_value() && !without.has_value()) {
    missing = absl::StrCat(
        "these look like PP-OCR (", absl::StrJoin(names, ", "), "): put the dictionary of the ",
        "recognition beside them, a *dict*.txt or *keys*.txt of ", classes - 2, " lines (or ",
        classes - 1, ", the space among them), and run init again");
    return std::nullopt;
  }
  v1::PpOcrManifest& ppocr = *draft.manifest.mutable_ppocr();
  ppocr.set_dictionary_file(with_space.has_value() ? with_space->path : without->path);
  if (!with_space.has_value()) ppocr.set_use_space_char(false);
  draft.reasons.push_back(absl::StrCat("ppocr: ", detections, " sizes of text detection and ",
                                       recognitions, " widths of text recognition with ", classes,
                                       " classes, which the dictionary has"));
  if (!twice.empty()) {
    draft.reasons.push_back(
        absl::StrCat("of a size that is there already: ", absl::StrJoin(twice, ", ")));
  }
  draft.to_fill.push_back(
      "det_mean and det_std, if the detection was trained with others than 0.5, 0.5, 0.5");
  return draft;
}

}  // namespace omserve
