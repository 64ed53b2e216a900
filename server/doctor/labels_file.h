// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace omserve {

// A text file beside an OM file, one entry a line. A value.
struct LabelsFile {
  std::string path;
  int64_t lines = 0;  // without an empty end
};

// The files beside the OM files of 'folder' that may hold labels: of the model 'stem' first
// (STEM.txt, STEM.labels, STEM_labels.txt), then labels*, classes*, synset*, and *.names. Only
// those up to 16 MiB, of which no line but the last is empty.
std::vector<LabelsFile> FindLabels(const std::string& folder, const std::string& stem);

// The files that may be the dictionary of a text recognition: *dict*.txt and *keys*.txt.
std::vector<LabelsFile> FindDictionaries(const std::string& folder);

// The first of that many lines.
std::optional<LabelsFile> OfLines(const std::vector<LabelsFile>& files, int64_t lines);

}  // namespace omserve
