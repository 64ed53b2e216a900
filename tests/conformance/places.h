// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace conformance {

// Where this program lies: build/PRESET/tests, or libexec/omserve/conformance once installed. The
// samples are in the folder samples beside it. Thread-safe.
std::string ProgramFolder();

// Where the AscendCL library lies that this program was linked with at start. Thread-safe.
std::string LibraryFolder();

}  // namespace conformance
