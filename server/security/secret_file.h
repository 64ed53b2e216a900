// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace omserve {

// The whole of a small file, 1 MiB at most. 'field' is the setting that names it. Errors, with the
// field and the path: NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT (no file, too large), UNKNOWN.
absl::StatusOr<std::string> ReadSecretFile(absl::string_view field, const std::string& path);

}  // namespace omserve
