// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>

#include "client/load/load_run.h"

namespace omserve::client {

// One line on a terminal that tells how far a load is, drawn again and again. Draws nothing if
// 'out' is no terminal. Single-thread.
class LoadProgressLine {
 public:
  // 'out' must outlive the line.
  LoadProgressLine(std::FILE* out, bool terminal) : out_(out), terminal_(terminal) {}

  void Show(const LoadMoment& moment);
  // Wipes the line.
  void End();

 private:
  std::FILE* const out_;
  const bool terminal_;
  LoadMoment last_;
  bool shown_ = false;
};

}  // namespace omserve::client
