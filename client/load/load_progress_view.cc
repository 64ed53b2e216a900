// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_progress_view.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace omserve::client {
namespace {

constexpr int kBarWidth = 40;
constexpr size_t kSparks = 40;
constexpr absl::Duration kNow = absl::Seconds(1);

std::string BarLine(const LoadMoment& moment) {
  double share = 0;
  if (moment.length != absl::InfiniteDuration() && moment.length > absl::ZeroDuration()) {
    share = absl::FDivDuration(moment.elapsed, moment.length);
  } else if (moment.total > 0) {
    share = static_cast<double>(moment.ok + moment.failed) / static_cast<double>(moment.total);
  }
  share = std::clamp(share, 0.0, 1.0);
  const int full = static_cast<int>(share * kBarWidth);
  std::string bar(static_cast<size_t>(full), '=');
  if (full < kBarWidth) bar += '>';
  bar.resize(kBarWidth, ' ');
  return absl::StrFormat("[%s] %3.0f %%  %5.1f s%s", bar, share * 100,
                         absl::ToDoubleSeconds(moment.elapsed),
                         moment.length == absl::InfiniteDuration()
                             ? ""
                             : absl::StrFormat(" of %.1f s", absl::ToDoubleSeconds(moment.length)));
}

std::string CountLine(const LoadMoment& moment) {
  const std::string of = moment.total > 0 ? absl::StrCat("/", moment.total) : "";
  std::string line =
      absl::StrFormat("%d%s sent  %d ok  %d failed  %d in flight", moment.sent, of, moment.ok,
                      moment.failed, moment.sent - moment.ok - moment.failed - moment.dropped);
  if (moment.dropped > 0) absl::StrAppend(&line, "  ", moment.dropped, " dropped");
  if (moment.not_sent > 0) absl::StrAppend(&line, "  ", moment.not_sent, " not sent");
  return line;
}

std::string SparkLine(const std::deque<double>& values) {
  static constexpr const char* kMarks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty()) return "";
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  std::string marks;
  for (const double value : values) {
    const double height = *most > *least ? (value - *least) / (*most - *least) : 0;
    marks += kMarks[static_cast<int>(height * 7.999)];
  }
  return absl::StrFormat("p99 of the last seconds, %.1f to %.1f ms: %s", *least, *most, marks);
}

}  // namespace

std::string LoadProgressView::NowLine(const LoadMoment& moment) {
  while (recent_.size() > 1 && moment.elapsed - recent_[1].elapsed >= kNow) recent_.pop_front();
  const LoadMoment before = recent_.empty() ? LoadMoment() : recent_.front();
  const double seconds = absl::ToDoubleSeconds(moment.elapsed - before.elapsed);
  const double rate = seconds > 0 ? static_cast<double>(moment.ok - before.ok) / seconds : 0;
  const auto percentile = [&](double percent) {
    return LiveLatencies::PercentileMs(before.latencies, moment.latencies, percent);
  };
  const bool whole_second = recent_.empty() || absl::ToInt64Seconds(moment.elapsed) !=
                                                   absl::ToInt64Seconds(recent_.back().elapsed);
  if (whole_second && moment.ok > before.ok) {
    p99s_.push_back(percentile(99));
    if (p99s_.size() > kSparks) p99s_.pop_front();
  }
  recent_.push_back(moment);
  return absl::StrFormat("now %.0f ok/s  p50 %.2f ms  p99 %.2f ms", rate, percentile(50),
                         percentile(99));
}

void LoadProgressView::Show(const LoadMoment& moment) {
  if (!terminal_) {
    return;
  }
  const std::string now = NowLine(moment);
  if (shown_) std::fprintf(out_, "\x1b[%dA", kLines);
  for (const std::string& line : {BarLine(moment), CountLine(moment), now, SparkLine(p99s_)}) {
    std::fprintf(out_, "\r\x1b[K%s\n", line.c_str());
  }
  std::fflush(out_);
  shown_ = true;
}

void LoadProgressView::End() {
  if (shown_) {
    std::fprintf(out_, "\x1b[%dA\r\x1b[J", kLines);
    std::fflush(out_);
  }
}

}  // namespace omserve::client
