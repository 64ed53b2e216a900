// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace omserve {

// One test that did not hold.
struct ConformanceFailure {
  std::string test;  // "MemoryTrapsTest.DoubleFree"
  std::string text;  // the first that it says
};

// What one program of tests/conformance found about the ACL library. A value.
struct ConformanceResult {
  std::string program;  // its name
  int passed = 0;
  int skipped = 0;  // needs hostacl, or what the library does not have
  std::vector<ConformanceFailure> failures;
  std::string problem;  // it could not be run to its end; empty: it was
};

// The programs conformance_* in 'folder', by name. NOT_FOUND, with what to do, when there is none.
absl::StatusOr<std::vector<std::string>> FindConformance(const std::string& folder);
// Where they lie when nobody says: beside this program, as built or as installed.
std::string DefaultConformanceFolder();

// Runs one program with the ACL library of 'library_folder' (empty: where the loader finds it), for
// ten minutes at most, and keeps what it prints in 'log_folder'. The device is best left alone
// meanwhile. Blocks.
ConformanceResult RunConformance(const std::string& program, const std::string& library_folder,
                                 const std::string& log_folder);

// Reads what GoogleTest wrote with --gtest_output=json. INVALID_ARGUMENT.
absl::StatusOr<ConformanceResult> ParseGoogleTest(const std::string& json);

}  // namespace omserve
