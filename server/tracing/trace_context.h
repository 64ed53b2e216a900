// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace omserve {

// A place in a distributed trace: which trace, which span of it, and whether it is recorded (W3C
// Trace Context, level 1). A value.
struct TraceContext {
  uint64_t trace_high = 0;  // the first 8 of the 16 bytes of the trace id
  uint64_t trace_low = 0;
  uint64_t span = 0;
  bool sampled = false;

  // All zeros are no ids.
  bool valid() const { return (trace_high | trace_low) != 0 && span != 0; }
  // 32 and 16 lower-case hexadecimal digits.
  std::string TraceId() const;
  std::string SpanId() const;
};

std::string SpanIdText(uint64_t span);

// Reads the value of a traceparent header, "00-TRACE-SPAN-FLAGS"; longer ones of later versions
// count, too. Nothing for what is none: the specification has such a header ignored.
std::optional<TraceContext> ParseTraceparent(std::string_view text);

// The value to hand on. REQUIRES: context.valid().
std::string FormatTraceparent(const TraceContext& context);

}  // namespace omserve
