// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace omserve::client {

// Thread-safe, all of them.

// The bytes of a file. NOT_FOUND, PERMISSION_DENIED or another code of the system, with the path.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// The pictures that 'paths' name: a file stands for itself, a folder for the .jpg, .jpeg, .png and
// .webp files directly in it, by name. NOT_FOUND if a path does not exist or no picture is left.
absl::StatusOr<std::vector<std::string>> ListPictures(const std::vector<std::string>& paths);

}  // namespace omserve::client
