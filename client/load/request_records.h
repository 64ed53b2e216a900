// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/load/class_stats.h"

namespace omserve::client {

// What became of one request, for --records. A value.
struct RequestRecord {
  uint64_t number = 0;  // in the run
  size_t request_class = 0;
  absl::StatusCode code = absl::StatusCode::kOk;
  Ending::Time scheduled;  // as in Ending
  Ending::Time sent;
  Ending::Time ended;
  std::optional<absl::Duration> server;  // from its arrival there to the answer, by its clock
  // Of the answer's stages, in sum: from submit until the batch was formed, on the device and its
  // copies, on the host.
  absl::Duration batching;
  absl::Duration device;
  absl::Duration host;
};

// 'server' is for answers without a Timing: what the trailing metadata says.
RequestRecord MakeRecord(uint64_t number, size_t request_class, const Ending& ending,
                         std::optional<absl::Duration> server);

// The records as CSV with a head line, in the order of their numbers; times in microseconds,
// scheduled, sent and ended of steady_clock, which other programs on the machine share. 'classes'
// are the names. Thread-safe.
std::string RecordsCsv(std::vector<RequestRecord> records, const std::vector<std::string>& classes);

// Errors: those of the file, with its path.
absl::Status WriteRecords(const std::string& path, const std::vector<RequestRecord>& records,
                          const std::vector<std::string>& classes);

}  // namespace omserve::client
