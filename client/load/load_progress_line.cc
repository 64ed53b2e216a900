// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_progress_line.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace omserve::client {

void LoadProgressLine::Show(const LoadMoment& moment) {
  if (!terminal_) {
    return;
  }
  const double seconds = absl::ToDoubleSeconds(moment.elapsed - last_.elapsed);
  const double rate = seconds > 0 ? static_cast<double>(moment.ok - last_.ok) / seconds : 0;
  const std::string of = moment.total > 0 ? absl::StrCat("/", moment.total) : "";
  const std::string not_sent =
      moment.not_sent > 0 ? absl::StrCat("  ", moment.not_sent, " not sent") : "";
  const std::string line =
      absl::StrFormat("%5.1f s  %d%s sent%s  %d ok  %d failed  %d in flight  %.0f ok/s",
                      absl::ToDoubleSeconds(moment.elapsed), moment.sent, of, not_sent, moment.ok,
                      moment.failed, moment.sent - moment.ok - moment.failed, rate);
  std::fprintf(out_, "\r\x1b[K%s", line.c_str());
  std::fflush(out_);
  last_ = moment;
  shown_ = true;
}

void LoadProgressLine::End() {
  if (shown_) {
    std::fputs("\r\x1b[K", out_);
    std::fflush(out_);
  }
}

}  // namespace omserve::client
