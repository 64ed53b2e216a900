// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace omserve::client {

// The EXIF orientation of a JPEG, 1 to 8; 1 (upright) if it says nothing or says it badly.
// Thread-safe.
int ExifOrientation(std::string_view jpeg);

}  // namespace omserve::client
