// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/file_answer.h"

namespace omserve::client {

// What DrawResults wrote, and what went wrong.
struct DrawnPictures {
  std::vector<std::string> files;    // paths of the pictures, in the order of the answers
  std::string contact_sheet;         // its path; empty if there is none
  std::vector<absl::Status> errors;  // each names its file
  std::string note;                  // what the pictures do not show and why; empty if nothing
};

// Draws every answer that is OK over its file, read again from disk, into 'folder' (made if
// needed): <name>.png, <name>-2.png if a name comes twice, and contact_sheet.png. A picture that
// fails does not stop the others. Thread-safe for different folders; nothing throws.
DrawnPictures DrawResults(const std::vector<DetectFileAnswer>& answers, const std::string& folder);
DrawnPictures DrawResults(const std::vector<ReadFileAnswer>& answers, const std::string& folder);

}  // namespace omserve::client
