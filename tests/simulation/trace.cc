// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/trace.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace omserve::simulation {
namespace {

using scheduling::Affinity;
using scheduling::BatchResult;

std::string_view ResultName(BatchResult result) {
  switch (result) {
    case BatchResult::kOk:
      return "ok";
    case BatchResult::kInputFault:
      return "input fault";
    case BatchResult::kDeviceFault:
      return "device fault";
    case BatchResult::kDeviceLost:
      return "device lost";
    case BatchResult::kUnclear:
      return "unclear";
  }
  return "?";
}

std::string Budget(absl::Time end, absl::Time now) {
  return end == absl::InfiniteFuture() ? ""
                                       : absl::StrCat(" budget ", absl::FormatDuration(end - now));
}

std::string JobText(const TraceEvent& event) {
  const scheduling::JobSpec& spec = event.spec;
  std::string text =
      absl::StrCat("job ", event.job, " in: request ", spec.request, " stage ", spec.stage,
                   " items ", spec.items, Budget(spec.budget_end, event.now));
  if (spec.priority == scheduling::Priority::kBatch) absl::StrAppend(&text, " low");
  if (spec.affinity == Affinity::kPinned) absl::StrAppend(&text, " pinned to ", spec.device);
  if (spec.affinity == Affinity::kPreferred) absl::StrAppend(&text, " prefers ", spec.device);
  if (spec.after != 0) absl::StrAppend(&text, " after ", spec.after);
  if (spec.stream != 0) absl::StrAppend(&text, " stream ", spec.stream);
  if (spec.spread) absl::StrAppend(&text, " spread");
  if (spec.suspect) absl::StrAppend(&text, " suspect");
  if (spec.lost) absl::StrAppend(&text, " with lost tensors");
  return text;
}

std::string BatchText(const scheduling::ScheduledBatch& batch) {
  std::string text =
      absl::StrCat("batch ", batch.id, " out: device ", batch.device, " lane ", batch.lane,
                   " stage ", batch.stage, " gear ", batch.gear, " items ", batch.items,
                   " expected ", absl::FormatDuration(batch.expected), ":");
  for (const scheduling::Segment& segment : batch.segments) {
    absl::StrAppend(&text, " ", segment.job, "[", segment.first, "+", segment.items, "]");
  }
  return text;
}

std::string Text(const TraceEvent& event) {
  switch (event.kind) {
    case TraceEvent::Kind::kRequestIn:
      return absl::StrCat("request ", event.request, " in");
    case TraceEvent::Kind::kRequestEnded:
      return absl::StrCat("request ", event.request, " ended");
    case TraceEvent::Kind::kJobIn:
      return JobText(event);
    case TraceEvent::Kind::kJobEnded: {
      const std::string_view reason = scheduling::EndReasonName(event.end.reason);
      return absl::StrCat(
          "job ", event.end.job, " ended: ", absl::string_view(reason.data(), reason.size()),
          event.end.suspect ? " suspect" : "", event.end.predicted ? " predicted" : "");
    }
    case TraceEvent::Kind::kBatchOut:
      return BatchText(event.batch);
    case TraceEvent::Kind::kBatchRun:
      return absl::StrCat("batch ", event.batch.id, " has run");
    case TraceEvent::Kind::kBatchEnded: {
      const std::string_view result = ResultName(event.result);
      return absl::StrCat("batch ", event.batch.id,
                          " ended: ", absl::string_view(result.data(), result.size()));
    }
    case TraceEvent::Kind::kFenced:
      return absl::StrCat("device ", event.device, " fenced");
    case TraceEvent::Kind::kRevived:
      return absl::StrCat("device ", event.device, " is back");
    case TraceEvent::Kind::kSettled:
      return "settled";
  }
  return "?";
}

}  // namespace

std::string ToString(const TraceEvent& event) {
  return absl::StrFormat("%12.6f  %s", absl::ToDoubleSeconds(event.now - absl::UnixEpoch()),
                         Text(event));
}

}  // namespace omserve::simulation
