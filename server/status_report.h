// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "server/device/device_set.h"
#include "server/metrics/server_metrics.h"
#include "server/registry/model_repository.h"
#include "server/service/admission.h"
#include "server/service/batch_metrics.h"
#include "server/service/failure_log.h"
#include "server/service/model_catalog.h"

namespace omserve {

// What the status of a server is put together from. Everything borrowed outlives the report.
struct StatusSources {
  const BuildInfo& build;
  const ModelRepository& repository;
  const ModelCatalog& catalog;
  const Admission& admission;
  const DeviceSet& devices;
  const BatchMetrics& batches;
  const FailureLog& failures;
  const Clock& clock;
};

// The server's state for people: /status.json, which the page at / draws. Counters are since the
// start; who asks twice gets rates. Without file names and contents of requests. Owned by the
// server. Thread-safe.
class StatusReport {
 public:
  explicit StatusReport(const StatusSources& sources)
      : sources_(sources), start_(sources.clock.Now()) {}

  // One JSON object.
  std::string Json() const;

 private:
  const StatusSources sources_;
  const absl::Time start_;
};

// The page: HTML that needs no other file.
std::string_view StatusPage();

}  // namespace omserve
