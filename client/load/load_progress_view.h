// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <deque>
#include <string>

#include "client/load/load_run.h"

namespace omserve::client {

// A few lines on a terminal that tell how far a load is and how it goes now, drawn again and again:
//
//   [=============>             ]  52 %   15.6 s of 30.0 s
//   7800 sent   7790 ok   2 failed   8 in flight   0 not sent
//   now 499 ok/s   p50 3.21 ms   p99 8.46 ms
//   p99 of the last seconds, 2.1 to 12.5 ms: ▁▁▂▁▃▇▂▁
//
// Draws nothing if 'out' is no terminal. Single-thread.
class LoadProgressView {
 public:
  // 'out' must outlive the view.
  LoadProgressView(std::FILE* out, bool terminal) : out_(out), terminal_(terminal) {}

  void Show(const LoadMoment& moment);
  // Wipes the lines.
  void End();

 private:
  static constexpr int kLines = 4;

  // What happened since the reading before last; forgets older ones.
  std::string NowLine(const LoadMoment& moment);

  std::FILE* const out_;
  const bool terminal_;
  std::deque<LoadMoment> recent_;  // about a second of them
  std::deque<double> p99s_;        // milliseconds, one a second
  bool shown_ = false;
};

}  // namespace omserve::client
