// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/doctor/conformance.h"
#include "server/doctor/copy_speed.h"
#include "server/doctor/gear_time.h"
#include "server/doctor/golden.h"

namespace omserve {

// What `omserve-doctor profile` is asked to do.
struct ProfileOptions {
  std::string models;  // a folder with OM files, or one OM file
  std::string out;     // folder for everything that is written; made if need be
  std::string acl_library = "libascendcl.so";
  size_t device = 0;  // the place in the library's order
  TimingOptions timing;
  uint64_t seed = 2026;     // of the golden inputs
  bool golden_all = false;  // golden files of every gear, not of the smallest alone
  bool conformance = true;
  std::string conformance_folder = {};  // empty: DefaultConformanceFolder()
  std::FILE* progress = nullptr;
};

// One OM file.
struct ModelTimes {
  std::string om;       // below the folder
  std::string name;     // as hostacl knows it: the file's name without .om
  std::string problem;  // why it was not measured, or not to the end; empty: it was
  absl::Duration load;
  absl::Duration first_run_more;  // what the first run took beyond the median of its gear
  std::vector<GearTime> gears;
};

// Everything that was measured. A value.
struct ProfileReport {
  std::string chip;
  std::string library;         // version of the interface
  uint64_t device_memory = 0;  // bytes in all
  std::optional<CopySpeed> copies;
  std::vector<ModelTimes> models;
  std::vector<ConformanceResult> conformance;
  std::vector<std::string> problems;  // beside those of the models and of the tests
  std::string profile_path, golden_folder, report_path;  // what was written

  bool ok() const;
};

// Measures every gear of every OM file that the server can serve, on one device that nothing else
// uses, and writes to 'out': profile.json (for HOSTACL_PROFILE), golden/ (ReadGoldenIndex),
// conformance/ (logs) and report.json (ProfileJson). What goes wrong with one model is in the
// report. Errors: NOT_FOUND (models, library), INVALID_ARGUMENT (device), UNAVAILABLE (no device,
// or 'out' cannot be written). Blocks.
absl::StatusOr<ProfileReport> RunProfile(const ProfileOptions& options);

// The file for HOSTACL_PROFILE: medians, in the format of hostacl/profiles/README.md. Of two
// models of one name the first.
std::string TimingProfile(const ProfileReport& report);

std::string ProfileText(const ProfileReport& report);
std::string ProfileJson(const ProfileReport& report);

}  // namespace omserve
