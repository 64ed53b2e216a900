// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/parsed_command_line.h"
#include "omserve/client/access.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// What a user of omserve-client asked for; each member is for the commands that have its option.
struct ClientCommand {
  enum class Kind {
    kDetect,
    kEmbed,
    kRead,
    kModels,
    kHealth,
    kRepository,  // models --all
    kLoad,
    kUnload,
    kReload,
    kStats
  };
  Kind kind = Kind::kModels;
  std::string server;                           // host:port
  std::string control;                          // host:port of the control listener
  Access access;                                // for both
  absl::Duration deadline = absl::Seconds(60);  // of every call
  bool json = false;
  std::vector<std::string> files;
  std::string model;    // empty: the only one
  std::string version;  // of the model; empty: the latest, or what the policy says
  int in_flight = 4;
  absl::Duration budget = absl::ZeroDuration();  // of a request; zero: none
  std::string priority;                          // interactive, batch; empty: the server's default
  bool stream = false;                           // the files are the frames of one video
  double frame_rate = 10;                        // frames a second; 0: as fast as it goes
  std::optional<float> score_threshold;          // 0 to 1
  std::optional<int> max_detections;             // 1 to 1000
  v1::DedupPolicy dedup = v1::DEDUP_POLICY_UNSPECIFIED;
  v1::MaskForm mask = v1::MASK_FORM_UNSPECIFIED;
  std::string out;  // folder for drawn pictures; empty: none
  v1::Feature feature = v1::FEATURE_CLS;
  int top_k = 0;
  v1::ReadTask task = v1::READ_TASK_UNSPECIFIED;
  v1::TextRegion region = v1::TEXT_REGION_UNSPECIFIED;
  std::optional<float> min_score;   // 0 to 1
  std::optional<bool> orientation;  // whether lines are turned upright
  bool characters = false;
  bool words = false;
  bool as_lines = false;  // every file is one line of text
  std::string service;    // of health; empty: the whole server
};

// Reads a command line, the environment variables OMSERVE_SERVER, OMSERVE_CONTROL, OMSERVE_TLS_*
// and OMSERVE_TOKEN_FILE, and the files of the last two. Never throws, never exits.
// Thread-compatible: the environment must not change meanwhile.
ParsedCommandLine<ClientCommand> ParseClientCommandLine(int argc, const char* const* argv);

}  // namespace omserve::client
