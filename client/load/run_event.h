// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace omserve::client {

// Something that a load does, or only marks, while it runs.
struct RunEvent {
  enum class Kind {
    kReload,     // of 'model' over the control listener
    kLoad,       // the same
    kUnload,     // the same
    kReconnect,  // all connections at once: new ones, the old ones end with their last request
    kCommand,    // 'command' by the shell: whatever else is to happen, as a device that is pulled
    kMark,       // nothing; names what happens elsewhere, as a planned fault of the device
  };
  absl::Duration at;  // from the begin of what is measured
  Kind kind = Kind::kMark;
  std::string model;    // kReload, kLoad, kUnload
  std::string version;  // the same; empty: as the version policy says
  std::string command;  // kCommand
  std::string name;     // in reports
};

// What became of it.
struct RunEventOutcome {
  std::string name;
  double at_s = 0;  // when it began, from the begin of what is measured
  double took_ms = 0;
  absl::Status status;
};

// [{"at_s": 5, "do": "reload", "model": "m", "version": "2", "command": "...", "name": "...",
//   "every_s": 2, "times": 10}, ...], by time; one with 'times' comes so many times. "do" is
//   reload,
// load, unload, reconnect, command or mark. INVALID_ARGUMENT names the entry. Thread-safe.
absl::StatusOr<std::vector<RunEvent>> ReadRunEvents(const nlohmann::json& document);

}  // namespace omserve::client
