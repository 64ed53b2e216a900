// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace omserve {

// Where encoded traces go. Thread-compatible.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  // Blocks, but not beyond the time limit that it was made with. UNAVAILABLE may be tried again;
  // other errors are for good.
  virtual absl::Status Send(const std::string& body) = 0;
};

// Posts to an OTLP/HTTP collector. 'url' is http:// or https://; without a path /v1/traces is
// meant. INVALID_ARGUMENT for another URL.
absl::StatusOr<std::unique_ptr<TraceSink>> OtlpHttpSink(const std::string& url,
                                                        absl::Duration timeout);

// The URL that is posted to. INVALID_ARGUMENT when 'url' cannot be one of a collector.
absl::StatusOr<std::string> TracesUrl(const std::string& url);

}  // namespace omserve
