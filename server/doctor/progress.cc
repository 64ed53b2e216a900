// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/progress.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace omserve {
namespace {

constexpr int kWidth = 30;  // characters of a bar
constexpr int kTenth = 10;

}  // namespace

Progress::Progress(std::string what, int total, std::FILE* out)
    : what_(std::move(what)),
      total_(std::max(total, 1)),
      out_(out),
      terminal_(out != nullptr && isatty(fileno(out)) != 0) {}

Progress::~Progress() {
  if (terminal_) absl::FPrintF(out_, "\r\033[K");
}

void Progress::Next(const std::string& item) {
  const int before = begun_;
  begun_ = std::min(begun_ + 1, total_);
  if (out_ == nullptr) return;
  if (terminal_) {
    const int full = kWidth * before / total_;
    absl::FPrintF(out_, "\r\033[K%s [%s%s] %d/%d %s", what_, std::string(full, '#'),
                  std::string(kWidth - full, '.'), begun_, total_, item);
  } else if (begun_ * kTenth / total_ != before * kTenth / total_) {
    absl::FPrintF(out_, "%s %d/%d %s\n", what_, begun_, total_, item);
  }
  std::fflush(out_);
}

}  // namespace omserve
