// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/doctor/pipeline_draft.h"

namespace omserve {

// What `omserve-doctor init` is asked to do.
struct InitOptions {
  std::string folder;  // what the server will get as --model-dir
  std::string acl_library = "libascendcl.so";
  bool force = false;    // manifests that are there are written anew
  bool dry_run = false;  // nothing is written
  std::FILE* progress = nullptr;
};

enum class InitOutcome {
  kWritten,  // and the server can read it
  kPlanned,  // a dry run
  kKept,     // one is there, and stays
  kFailed,   // not written, or the server cannot read it: 'problem'
};

// One manifest.
struct InitPipeline {
  PipelineDraft draft;  // file names relative to the manifest
  std::string path;     // of the manifest
  std::string text;
  InitOutcome outcome = InitOutcome::kPlanned;
  std::string problem;
};

// An OM file that got no manifest now.
struct InitLeftOut {
  std::string path;
  std::string why;
  bool broken = false;  // it cannot be served; else a manifest is about it already
};

// Everything that was decided. A value.
struct InitReport {
  std::string folder;
  bool dry_run = false;
  std::vector<InitPipeline> pipelines;
  std::vector<InitLeftOut> left_out;
  std::vector<std::string> hints;  // what would give more than tensors

  // Nothing failed, and every OM file has a manifest.
  bool ok() const;
};

// Looks at the OM files of the folder and below, loading one at a time on the first device, decides
// what they are, and writes a pipeline.pbtxt for each pipeline where the server looks for one:
// beside the OM files when they are a folder of their own, else in a new folder NAME. Each is then
// read back as the server would. Errors: NOT_FOUND (folder, OM files, library), UNAVAILABLE (no
// device). What goes wrong with one file is in the report. Blocks.
absl::StatusOr<InitReport> RunInit(const InitOptions& options);

// Ends with a line end.
std::string InitText(const InitReport& report);
// The same as one JSON document; see docs/first_ten_minutes.md.
std::string InitJson(const InitReport& report);

}  // namespace omserve
