// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace omserve {

// An operator that Paddle computed on the CPU because the NPU has none.
struct MissingOperator {
  std::string name;
  int64_t times = 0;  // lines that say so
};

// What a Paddle log, written with GLOG_v=3, says about the NPU. A value.
struct PaddleLogScan {
  std::vector<MissingOperator> missing;  // by name
  int64_t lines = 0;
  int64_t not_understood = 0;  // lines that speak of a fall-back and name no operator
  bool saw_step = false;       // a line of training with its loss: one step at least is in the log
};

// Collects from the lines of one log. Single-thread.
//
// Paddle's line is "... missing NPU kernel: NAME, expected_kernel_key:..., fallbacking to CPU one!"
// (phi/core/kernel_factory.cc, fluid/imperative/prepared_operator.cc); guides also quote it as
// "falling back to CPU". A line without "kernel:" is cut as they do, at the sixth word.
class PaddleLogScanner {
 public:
  // Any bytes; a line end may be left on.
  void AddLine(absl::string_view line);
  PaddleLogScan Result() const;

 private:
  std::map<std::string, int64_t, std::less<>> missing_;
  int64_t lines_ = 0;
  int64_t not_understood_ = 0;
  bool saw_step_ = false;
};

// Reads the file, of any size, line by line. NOT_FOUND when it cannot be opened.
absl::StatusOr<PaddleLogScan> ScanPaddleLog(const std::string& path);

}  // namespace omserve
