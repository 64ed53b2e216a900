// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace omserve::bench {

// A delay that is known in advance, to tell whether a load tester finds it again. A value.
//   fixed    every answer comes 40 ms after its request
//   bimodal  so it does, but every tenth request's after 160 ms
//   stall    as fixed, but in every 2 s, counted from the epoch of steady_clock, no answer leaves
//            for 200 ms: what would have left then leaves at the end
struct InjectedDelay {
  enum class Kind { kFixed, kBimodal, kStall };
  using Time = std::chrono::nanoseconds;  // since the epoch of steady_clock

  static constexpr Time kBase = std::chrono::milliseconds(40);
  static constexpr Time kSlow = std::chrono::milliseconds(160);
  static constexpr uint64_t kSlowEvery = 10;
  static constexpr Time kPeriod = std::chrono::seconds(2);
  static constexpr Time kStall = std::chrono::milliseconds(200);

  Kind kind = Kind::kFixed;

  // When the answer to request 'number' (from 0, in the order of arrival) leaves.
  Time AnswerAt(Time arrived, uint64_t number) const {
    if (kind == Kind::kBimodal && number % kSlowEvery == kSlowEvery - 1) return arrived + kSlow;
    const Time ready = arrived + kBase;
    if (kind != Kind::kStall) return ready;
    const Time into = ready % kPeriod;
    return into < kStall ? ready - into + kStall : ready;
  }

  static std::optional<InjectedDelay> Named(const std::string& name) {
    if (name == "fixed") return InjectedDelay{Kind::kFixed};
    if (name == "bimodal") return InjectedDelay{Kind::kBimodal};
    if (name == "stall") return InjectedDelay{Kind::kStall};
    return std::nullopt;
  }
};

}  // namespace omserve::bench
