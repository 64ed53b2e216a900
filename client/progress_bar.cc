// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/progress_bar.h"

#include <unistd.h>

#include <cstdint>
#include <string>

namespace omserve::client {
namespace {

constexpr int kBarWidth = 40;  // characters

}  // namespace

ProgressBar::ProgressBar(int total) : ProgressBar(total, stderr, isatty(STDERR_FILENO) != 0) {}

ProgressBar::ProgressBar(int total, std::FILE* out, bool terminal)
    : total_(total), out_(out), terminal_(terminal && total > 1) {}

void ProgressBar::Advance() {
  MutexLock lock(mutex_);
  ++done_;
  if (terminal_) {
    const int full = static_cast<int>(int64_t{kBarWidth} * done_ / total_);
    const std::string bar = std::string(static_cast<size_t>(full), '#') +
                            std::string(static_cast<size_t>(kBarWidth - full), '.');
    if (done_ < total_) {
      std::fprintf(out_, "\r[%s] %d/%d", bar.c_str(), done_, total_);
    } else {
      std::fputs("\r\x1b[K", out_);  // wiped, so that the answers start on a clean line
    }
    std::fflush(out_);
  } else if (total_ >= kManyItems &&
             done_ * int64_t{10} / total_ != (done_ - 1) * int64_t{10} / total_) {
    std::fprintf(out_, "%d/%d\n", done_, total_);
  }
}

}  // namespace omserve::client
