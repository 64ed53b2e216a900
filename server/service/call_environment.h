// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/executor.h"
#include "server/service/admission.h"
#include "server/service/failure_log.h"
#include "server/service/model_catalog.h"
#include "server/tracing/tracer.h"

namespace omserve {

// What every call needs. Everything borrowed outlives the calls.
struct CallEnvironment {
  const ModelCatalog& catalog;
  Executor& executor;
  const Clock& clock;
  Admission& admission;
  absl::Duration default_deadline;
  FailureLog* failures = nullptr;  // null: requests that fail are not told
  Tracer* tracer = nullptr;        // null: no spans
};

}  // namespace omserve
