// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>

#include "client/mutex.h"

namespace omserve::client {

// How far a run is, on standard error: a bar that redraws itself on a terminal, else a line every
// tenth from kManyItems items on, else nothing. Thread-safe.
class ProgressBar {
 public:
  static constexpr int kManyItems = 100;

  // Draws to standard error.
  explicit ProgressBar(int total);
  // 'out' must outlive the bar.
  ProgressBar(int total, std::FILE* out, bool terminal);
  // One more item is done.
  void Advance();

 private:
  const int total_;
  std::FILE* const out_;
  const bool terminal_;
  Mutex mutex_;
  int done_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace omserve::client
