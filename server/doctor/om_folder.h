// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/device/device.h"
#include "server/device/model_info.h"

namespace omserve {

// One OM file and what the ACL library says about it. A value.
struct DescribedOm {
  std::string path;      // normalised; usable from the working directory
  absl::Status problem;  // why it cannot be loaded, or not be served
  ModelInfo info;        // when there is no problem

  std::string folder() const;
  std::string stem() const;  // "backbone" of "models/vitdet/backbone.om"
  // Of one item: without dimension 0.
  static Shape RowOf(const ModelTensor& tensor);
};

// Normalised, without a slash at its end; empty for the working directory.
std::string NormalFolder(const std::string& folder);

// The OM files in 'folder' and below, or the one file that it is, by path. Errors: NOT_FOUND
// (nothing is there, or no OM file), RESOURCE_EXHAUSTED (more than 10,000 files to look at).
absl::StatusOr<std::vector<std::string>> FindOmFiles(const std::string& folder);

// Loads the file, asks, and unloads it. Blocks. The calling thread is bound to 'device'.
DescribedOm DescribeOm(Device& device, const std::string& path);

// "y" of the compiler's "Add:0:y"; the whole name when that leaves nothing.
std::string PlainName(const std::string& name);

}  // namespace omserve
