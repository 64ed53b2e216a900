// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/schedule.h"

#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/load/seeded_draw.h"
#include "client/picture_files.h"

namespace omserve::client {
namespace {

constexpr double kMaxSeconds = 1e9;  // in nanoseconds, it still fits

// Seconds from the begin of the run of the next request; none when there is no next one.
using NextArrival = std::function<std::optional<double>()>;

NextArrival Constant(double rate) {
  return [rate, number = int64_t{0}]() mutable {
    return std::optional<double>(static_cast<double>(number++) / rate);
  };
}

NextArrival Poisson(double rate, uint64_t seed) {
  return [rate, seed, number = uint64_t{0}, time = 0.0]() mutable {
    time -= std::log1p(-SeededDraw(seed, DrawFor::kArrival, number++)) / rate;
    return std::optional<double>(time);
  };
}

NextArrival Burst(double rate, double on, double off) {
  return [rate, on, off, number = int64_t{0}]() mutable {
    // Busy time is stretched by the pauses before it.
    const double busy = static_cast<double>(number++) / rate * (on / (on + off));
    return std::optional<double>(busy + std::floor(busy / on) * off);
  };
}

absl::StatusOr<std::vector<double>> ReadReplay(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    return text.status();
  }
  std::vector<double> times;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    ++number;
    const std::vector<absl::string_view> halves = absl::StrSplit(line, absl::MaxSplits('#', 1));
    const absl::string_view word = absl::StripAsciiWhitespace(halves[0]);
    if (word.empty()) {
      continue;
    }
    double time = 0;
    if (!absl::SimpleAtod(word, &time) || !std::isfinite(time)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": '", word, "' is not a number of seconds"));
    }
    if (!times.empty() && time < times.back()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": ", word, " is before the line above it"));
    }
    times.push_back(time);
  }
  return times;
}

NextArrival Replay(std::vector<double> times) {
  return [times = std::move(times), number = size_t{0}]() mutable {
    return number < times.size() ? std::optional<double>(times[number++] - times[0]) : std::nullopt;
  };
}

absl::StatusOr<NextArrival> Begin(const Arrivals& arrivals) {
  if (arrivals.kind == Arrivals::Kind::kReplay) {
    absl::StatusOr<std::vector<double>> times = ReadReplay(arrivals.file);
    if (!times.ok()) {
      return times.status();
    }
    return Replay(*std::move(times));
  }
  if (!(arrivals.rate > 0) || !std::isfinite(arrivals.rate)) {
    return absl::InvalidArgumentError("an open loop needs a --rate above 0");
  }
  switch (arrivals.kind) {
    case Arrivals::Kind::kPoisson:
      return Poisson(arrivals.rate, arrivals.seed);
    case Arrivals::Kind::kBurst:
      return Burst(arrivals.rate, absl::ToDoubleSeconds(arrivals.on),
                   absl::ToDoubleSeconds(arrivals.off));
    default:
      return Constant(arrivals.rate);
  }
}

}  // namespace

absl::StatusOr<Arrivals> ParseArrivals(const std::string& text) {
  Arrivals arrivals;
  if (text == "constant") {
    return arrivals;
  }
  if (text == "poisson") {
    arrivals.kind = Arrivals::Kind::kPoisson;
    return arrivals;
  }
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "replay:") && !rest.empty()) {
    arrivals.kind = Arrivals::Kind::kReplay;
    arrivals.file = std::string(rest);
    return arrivals;
  }
  if (absl::ConsumePrefix(&rest, "burst")) {
    arrivals.kind = Arrivals::Kind::kBurst;
    double on = 0;
    double off = 0;
    const std::vector<absl::string_view> times = absl::StrSplit(rest, absl::ByAnyChar(":/"));
    if (rest.empty()) {
      return arrivals;
    }
    if (times.size() == 3 && times[0].empty() && absl::SimpleAtod(times[1], &on) &&
        absl::SimpleAtod(times[2], &off) && on > 0 && off >= 0 && std::isfinite(on + off)) {
      arrivals.on = absl::Milliseconds(on);
      arrivals.off = absl::Milliseconds(off);
      return arrivals;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text,
      "' is none of constant, poisson, burst, burst:ON_MS/OFF_MS (ON above 0) and replay:FILE"));
}

std::string ArrivalsText(const Arrivals& arrivals) {
  switch (arrivals.kind) {
    case Arrivals::Kind::kPoisson:
      return "poisson";
    case Arrivals::Kind::kBurst:
      return absl::StrCat("burst:", absl::ToDoubleMilliseconds(arrivals.on), "/",
                          absl::ToDoubleMilliseconds(arrivals.off));
    case Arrivals::Kind::kReplay:
      return absl::StrCat("replay:", arrivals.file);
    default:
      return "constant";
  }
}

absl::StatusOr<std::vector<std::chrono::nanoseconds>> ComputeSchedule(
    const Arrivals& arrivals, const ScheduleBounds& bounds) {
  if (bounds.requests <= 0 && bounds.duration == absl::InfiniteDuration() &&
      arrivals.kind != Arrivals::Kind::kReplay) {
    return absl::InvalidArgumentError("neither a number of requests nor a duration");
  }
  absl::StatusOr<NextArrival> next = Begin(arrivals);
  if (!next.ok()) {
    return next.status();
  }
  std::vector<std::chrono::nanoseconds> schedule;
  const std::chrono::nanoseconds duration = absl::ToChronoNanoseconds(bounds.duration);
  std::chrono::nanoseconds begin{0};  // of what is measured
  for (int64_t number = 0; bounds.requests <= 0 || number < bounds.warmup + bounds.requests;
       ++number) {
    const std::optional<double> time = (*next)();
    if (!time.has_value()) {
      break;
    }
    if (number >= kMaxScheduledRequests || *time > kMaxSeconds) {
      return absl::InvalidArgumentError(
          absl::StrCat("a schedule of more than ", kMaxScheduledRequests,
                       " requests or a billion seconds: make the run shorter or slower"));
    }
    const std::chrono::nanoseconds due(std::llround(*time * 1e9));
    if (number == bounds.warmup) {
      begin = due;
    } else if (number > bounds.warmup && due - begin >= duration) {
      break;
    }
    schedule.push_back(due);
  }
  if (static_cast<int64_t>(schedule.size()) <= bounds.warmup) {
    return absl::InvalidArgumentError("the schedule has no request after the warm-up");
  }
  return schedule;
}

}  // namespace omserve::client
