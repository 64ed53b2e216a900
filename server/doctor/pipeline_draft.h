// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "omserve/v1/manifest.pb.h"
#include "server/doctor/om_folder.h"

namespace omserve {

// A manifest that the doctor would write, and what a person must know about it. A value.
struct PipelineDraft {
  // File names are still as in DescribedOm and LabelsFile; MakeRelative changes that. No version.
  v1::PipelineManifest manifest;
  std::vector<std::string> om_paths;  // of its stages
  std::vector<std::string> reasons;   // what was seen, and so decided
  std::vector<std::string> to_fill;   // what no OM file tells: look at these before use

  // "vitdet", "internvit", "ppocr", "classify" or "tensor".
  std::string kind() const;
  // Adds a stage with the names of the OM's inputs and outputs, where they can be told apart.
  void AddStage(absl::string_view name, const DescribedOm& om);
};

// Turns the file names into ones that are relative to 'folder', in which the manifest will lie.
void MakeRelative(const std::string& folder, v1::PipelineManifest& manifest);

// The text of the pipeline.pbtxt: reasons and what to fill in as comments, then the manifest.
std::string ManifestText(const PipelineDraft& draft);

// 'text' with every character that a model's name cannot have as '_'; at most 64.
std::string CleanName(absl::string_view text);

}  // namespace omserve
