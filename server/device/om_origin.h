// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace omserve {

// True when the file at `path` is an OM file that hostacl's atc wrote, by the mark in its header.
// Reads the first 256 bytes only; false for any other file and for none. Thread-safe.
bool MadeByHostacl(const std::string& path);

}  // namespace omserve
