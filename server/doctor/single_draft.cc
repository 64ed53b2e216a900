// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/doctor/families.h"
#include "server/doctor/labels_file.h"

namespace omserve {
namespace {

constexpr int64_t kSmallestPicture = 8;  // pixels

// Pictures that a model takes.
struct PictureInput {
  int64_t height = 0;  // 0: they are none
  int64_t width = 0;
  bool raw = false;  // uint8, interleaved: the model normalises by itself
};

PictureInput PicturesOf(const ModelTensor& tensor) {
  const Shape row = DescribedOm::RowOf(tensor);
  if (row.size() != 3) return {};
  PictureInput pictures;
  if (tensor.dtype == DType::kFloat32 && row[0] == 3) pictures = {row[1], row[2], false};
  if (tensor.dtype == DType::kUint8 && row[2] == 3) pictures = {row[0], row[1], true};
  const bool large = pictures.height >= kSmallestPicture && pictures.width >= kSmallestPicture;
  return large ? pictures : PictureInput();
}

// Scores of so many classes; 0 when the output is something else.
int64_t ClassesOf(const ModelTensor& tensor) {
  const Shape row = DescribedOm::RowOf(tensor);
  const bool real = tensor.dtype == DType::kFloat32 || tensor.dtype == DType::kFloat16;
  if (!real || row.empty() || row[0] < 2 || NumElements(row) != row[0]) return 0;
  return row[0];
}

PipelineDraft Tensor(const DescribedOm& om, const std::string& why) {
  PipelineDraft draft;
  draft.manifest.mutable_tensor();
  draft.AddStage(CleanName(om.stem()), om);
  draft.reasons.push_back(absl::StrCat("tensor: ", why));
  return draft;
}

bool SoundsLikeSoftmax(const ModelTensor& output) {
  const std::string name = absl::AsciiStrToLower(output.name);
  return absl::StrContains(name, "softmax") || absl::StrContains(name, "prob");
}

std::string LinesOf(const std::vector<LabelsFile>& files) {
  return absl::StrJoin(files, ", ", [](std::string* to, const LabelsFile& file) {
    absl::StrAppend(to, file.path, " has ", file.lines);
  });
}

PipelineDraft Classifier(const DescribedOm& om, const PictureInput& pictures, int64_t classes,
                         const LabelsFile& labels) {
  PipelineDraft draft;
  draft.AddStage(CleanName(om.stem()), om);
  draft.manifest.set_labels_file(labels.path);
  v1::ClassifyManifest& classify = *draft.manifest.mutable_classify();
  classify.set_width(static_cast<int32_t>(pictures.width));
  classify.set_height(static_cast<int32_t>(pictures.height));
  classify.set_fit("crop");
  classify.set_resize_side(static_cast<int32_t>(std::max(pictures.width, pictures.height)));
  classify.set_filter("bilinear");
  classify.set_channels("rgb");
  classify.set_raw_pixels(pictures.raw);
  classify.set_num_classes(static_cast<int32_t>(classes));
  draft.reasons.push_back(absl::StrCat("classify: one input of pictures ", pictures.width, " x ",
                                       pictures.height, ", one output of ", classes,
                                       " scores, and as many labels in ", labels.path));
  if (pictures.raw) {
    draft.reasons.push_back("its input is uint8, so it normalises by itself (AIPP)");
  } else {
    for (const float mean : {0.485F, 0.456F, 0.406F}) classify.add_mean(mean);
    for (const float std : {0.229F, 0.224F, 0.225F}) classify.add_std(std);
    draft.to_fill.push_back("mean and std of the training; those below are ImageNet's, on 0 to 1");
  }
  draft.to_fill.push_back(
      "resize_side (often 256 for 224), fit, filter and channels, as in the training's script");
  if (SoundsLikeSoftmax(om.info.outputs[0])) {
    classify.set_probabilities(true);
    draft.reasons.push_back(absl::StrCat("its output is called ", om.info.outputs[0].name,
                                         ", so it gives probabilities"));
  } else {
    draft.to_fill.push_back("probabilities: true, if the model ends with a softmax");
  }
  return draft;
}

}  // namespace

std::optional<PipelineDraft> DraftInternVit(const DescribedOm& om) {
  const size_t outputs = om.info.outputs.size();
  if (om.info.inputs.size() != 1 || outputs > 2) return std::nullopt;
  const PictureInput pictures = PicturesOf(om.info.inputs[0]);
  const Shape tokens = DescribedOm::RowOf(om.info.outputs[0]);
  if (pictures.raw || pictures.height == 0 || pictures.height != pictures.width)
    return std::nullopt;
  if (tokens.size() != 2 || tokens[0] < 2 || tokens[1] < 2) return std::nullopt;
  const auto grid =
      static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(tokens[0] - 1))));
  if (grid * grid != tokens[0] - 1 || pictures.width % grid != 0) return std::nullopt;
  const int64_t classes = outputs == 2 ? ClassesOf(om.info.outputs[1]) : 0;
  if (outputs == 2 && classes == 0) return std::nullopt;

  PipelineDraft draft;
  draft.AddStage("internvit", om);
  v1::InternVitManifest& internvit = *draft.manifest.mutable_internvit();
  internvit.set_image_size(static_cast<int32_t>(pictures.width));
  draft.reasons.push_back(absl::StrCat("internvit: pictures of ", pictures.width, " x ",
                                       pictures.width, " give a class token and ", grid, " x ",
                                       grid, " patches of width ", tokens[1]));
  if (classes == 0) return draft;
  internvit.set_num_classes(static_cast<int32_t>(classes));
  const auto labels = OfLines(FindLabels(om.folder(), om.stem()), classes);
  if (labels.has_value()) {
    draft.manifest.set_labels_file(labels->path);
  } else {
    draft.to_fill.push_back(
        absl::StrCat("labels_file: no file with ", classes, " labels lies beside the OM file"));
  }
  return draft;
}

UnservedFamily FindUnservedFamily(const DescribedOm& om) {
  // As the public exports call them: MMDetection's GroundingDINO, SparseEnd2End's Sparse4Dv3.
  constexpr const char* kGrounding[] = {"input_ids", "text_token_mask", "token_type_ids",
                                        "encoded_text", "pred_phrases"};
  constexpr const char* kTracking[] = {"instance_feature", "temp_anchor", "lidar2img",
                                       "projection_mat", "track_id"};
  for (const std::vector<ModelTensor>* side : {&om.info.inputs, &om.info.outputs}) {
    for (const ModelTensor& tensor : *side) {
      for (const char* name : kGrounding) {
        if (absl::StrContains(tensor.name, name)) return {"GroundingDINO", tensor.name};
      }
      for (const char* name : kTracking) {
        if (absl::StrContains(tensor.name, name)) return {"Sparse4D", tensor.name};
      }
    }
  }
  return {};
}

PipelineDraft DraftSingle(const DescribedOm& om) {
  if (const UnservedFamily family = FindUnservedFamily(om); !family.name.empty()) {
    return Tensor(om, absl::StrCat("its tensor ", PlainName(family.tensor), " is one of ",
                                   family.name, ", which is no pipeline of this server yet"));
  }
  if (om.info.inputs.size() != 1 || om.info.outputs.size() != 1) {
    return Tensor(om, absl::StrCat(om.info.inputs.size(), " inputs and ", om.info.outputs.size(),
                                   " outputs, so no classifier"));
  }
  const PictureInput pictures = PicturesOf(om.info.inputs[0]);
  if (pictures.height == 0) {
    return Tensor(om, absl::StrCat("its input ", DTypeName(om.info.inputs[0].dtype), " ",
                                   ShapeString(om.info.inputs[0].shape),
                                   " is none of pictures (float32 [N,3,H,W] or uint8 [N,H,W,3])"));
  }
  const int64_t classes = ClassesOf(om.info.outputs[0]);
  if (classes == 0) return Tensor(om, "it takes pictures, but its output is no row of scores");
  const std::vector<LabelsFile> files = FindLabels(om.folder(), om.stem());
  const auto labels = OfLines(files, classes);
  if (!labels.has_value()) {
    return Tensor(
        om, absl::StrCat("it may be a classifier of ", classes, " classes, but no file with ",
                         "as many labels lies beside it", files.empty() ? "" : ": ", LinesOf(files),
                         "; put labels.txt there and run init again"));
  }
  return Classifier(om, pictures, classes, *labels);
}

}  // namespace omserve
