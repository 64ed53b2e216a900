// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/pipeline_draft.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestName = 64;

// Nothing when two are the same or one is empty.
template <typename Repeated>
void AddNames(const std::vector<ModelTensor>& tensors, Repeated& to) {
  std::set<std::string> seen;
  for (const ModelTensor& tensor : tensors) {
    if (tensor.name.empty() || !seen.insert(PlainName(tensor.name)).second) return;
  }
  for (const ModelTensor& tensor : tensors) *to.Add() = PlainName(tensor.name);
}

std::string Relative(const std::string& folder, const std::string& file) {
  return fs::path(file).lexically_normal().lexically_relative(fs::path(folder).lexically_normal());
}

// One line each, also when a file's name has a line end in it.
void AddComments(const char* title, const std::vector<std::string>& lines, std::string& text) {
  for (const std::string& line : lines) {
    absl::StrAppend(&text, "# ", title, absl::StrReplaceAll(line, {{"\n", " "}, {"\r", " "}}),
                    "\n");
  }
}

}  // namespace

std::string PipelineDraft::kind() const {
  if (manifest.has_vitdet()) return "vitdet";
  if (manifest.has_internvit()) return "internvit";
  if (manifest.has_ppocr()) return "ppocr";
  return manifest.has_classify() ? "classify" : "tensor";
}

void PipelineDraft::AddStage(absl::string_view name, const DescribedOm& om) {
  v1::StageManifest& stage = *manifest.add_stages();
  stage.set_name(std::string(name));
  stage.set_om_file(om.path);
  AddNames(om.info.inputs, *stage.mutable_inputs());
  AddNames(om.info.outputs, *stage.mutable_outputs());
  om_paths.push_back(om.path);
}

void MakeRelative(const std::string& folder, v1::PipelineManifest& manifest) {
  for (v1::StageManifest& stage : *manifest.mutable_stages()) {
    stage.set_om_file(Relative(folder, stage.om_file()));
  }
  if (!manifest.labels_file().empty()) {
    manifest.set_labels_file(Relative(folder, manifest.labels_file()));
  }
  if (manifest.has_ppocr() && !manifest.ppocr().dictionary_file().empty()) {
    manifest.mutable_ppocr()->set_dictionary_file(
        Relative(folder, manifest.ppocr().dictionary_file()));
  }
}

std::string ManifestText(const PipelineDraft& draft) {
  std::string text =
      "# proto-file: proto/omserve/v1/manifest.proto\n"
      "# proto-message: omserve.v1.PipelineManifest\n"
      "# Written by omserve-doctor init.\n";
  AddComments("", draft.reasons, text);
  AddComments("FILL IN: ", draft.to_fill, text);
  std::string manifest;
  google::protobuf::TextFormat::PrintToString(draft.manifest, &manifest);
  return text + manifest;
}

std::string CleanName(absl::string_view text) {
  std::string name;
  for (const char c : text.substr(0, kLongestName)) {
    const bool fits =
        absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
    name += fits ? c : '_';
  }
  // It begins with a letter or a digit.
  const size_t first = name.find_first_not_of("._-");
  return first == std::string::npos ? "model" : name.substr(first);
}

}  // namespace omserve
