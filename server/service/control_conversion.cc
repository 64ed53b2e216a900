// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/control_conversion.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

namespace omserve {
namespace {

v1::ModelState StateOf(ModelState state) {
  switch (state) {
    case ModelState::kUnavailable:
      return v1::MODEL_STATE_UNAVAILABLE;
    case ModelState::kLoading:
      return v1::MODEL_STATE_LOADING;
    case ModelState::kReady:
      return v1::MODEL_STATE_READY;
    case ModelState::kUnloading:
      return v1::MODEL_STATE_UNLOADING;
  }
  return v1::MODEL_STATE_UNSPECIFIED;
}

// All that count requests for the model as a whole: streams count their frames apart, and so does
// the protocol that serves stages as well.
std::vector<const RequestMetrics*> MethodsOf(const ServedModel& model) {
  if (std::holds_alternative<TensorModel>(model.pipeline)) return {&model.infer_metrics};
  return {&model.metrics, &model.frame_metrics, &model.infer_metrics};
}

}  // namespace

void ConvertDuration(absl::Duration duration, google::protobuf::Duration& out) {
  absl::Duration rest;
  out.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  out.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

void ConvertVersion(const ModelVersion& version, v1::ModelVersion& out) {
  out.set_model(version.name);
  out.set_version(version.version);
  out.set_state(StateOf(version.state));
  out.set_reason(version.reason);
  out.set_device_bytes(version.device_bytes);
}

void ConvertStats(const ServedModel& model, v1::ModelStats& out) {
  out.set_model(model.name);
  out.set_version(model.version);
  out.set_requests_at_work(std::max(0, model.users.inside() - 1));
  absl::Duration total;
  int64_t count = 0;
  for (const RequestMetrics* metrics : MethodsOf(model)) {
    const RequestTotals totals = TotalsOf(*metrics);
    for (int code = 0; code < kStatusCodes; ++code) {
      const int64_t requests = totals.requests[static_cast<size_t>(code)];
      if (requests > 0) (*out.mutable_requests())[std::string(StatusCodeName(code))] += requests;
    }
    total += totals.time;
    count += totals.timed;
  }
  if (count > 0) ConvertDuration(total / count, *out.mutable_mean_time());
}

}  // namespace omserve
