// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pipelines/base/request_context.h"
#include "server/tracing/trace_context.h"

namespace omserve {

// A sampled request that ended, as it is handed over to the exporter. A value.
struct RequestTrace {
  TraceContext context;     // its own span
  uint64_t parent = 0;      // the caller's span; 0 when it is the first of its trace
  std::string_view method;  // a constant
  std::string model;        // empty when the request named none of ours
  std::string version;
  std::string request_id;  // the client's: any bytes
  int code = 0;            // gRPC's
  absl::Time received;
  absl::Time ended;
  std::vector<StageTiming> timings;  // with the times at which they ended
};

// Of the process that exports. A value.
struct TraceResource {
  std::string service = "omserve";
  std::string version;
};

// An ExportTraceServiceRequest in OTLP's JSON: ids in hexadecimal, times in nanoseconds since 1970
// as text, one span for each request and one below it for each of its stages. ASCII.
std::string EncodeTraces(const TraceResource& resource, const std::vector<RequestTrace>& traces);

}  // namespace omserve
