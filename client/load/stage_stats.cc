// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/stage_stats.h"

#include <algorithm>

namespace omserve::client {
namespace {

absl::Duration ToAbsl(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

nlohmann::json Short(const LatencyHistogram& times) {
  return {{"mean", times.mean_ms()},
          {"p50", times.PercentileMs(50)},
          {"p99", times.PercentileMs(99)},
          {"max", times.max_ms()}};
}

}  // namespace

StageStats::Stage& StageStats::Named(const std::string& name) {
  const auto found = std::find_if(stages_.begin(), stages_.end(),
                                  [&name](const Stage& stage) { return stage.name == name; });
  if (found != stages_.end()) {
    return *found;
  }
  stages_.emplace_back().name = name;
  return stages_.back();
}

void StageStats::Record(const v1::Timing& timing) {
  for (const v1::StageTiming& part : timing.stages()) {
    Stage& stage = Named(part.stage());
    stage.queue.Record(ToAbsl(part.queue()));
    stage.batch_form.Record(ToAbsl(part.batch_form()));
    stage.h2d.Record(ToAbsl(part.h2d()));
    stage.execute.Record(ToAbsl(part.execute()));
    stage.d2h.Record(ToAbsl(part.d2h()));
    stage.host.Record(ToAbsl(part.host()));
    stage.batches += part.batches();
    stage.batch_size += part.batch_size();
    stage.padding += part.padding();
  }
}

void StageStats::Merge(const StageStats& other) {
  for (const Stage& theirs : other.stages_) {
    Stage& ours = Named(theirs.name);
    ours.queue.Merge(theirs.queue);
    ours.batch_form.Merge(theirs.batch_form);
    ours.h2d.Merge(theirs.h2d);
    ours.execute.Merge(theirs.execute);
    ours.d2h.Merge(theirs.d2h);
    ours.host.Merge(theirs.host);
    ours.batches += theirs.batches;
    ours.batch_size += theirs.batch_size;
    ours.padding += theirs.padding;
  }
}

nlohmann::json StageStats::ToJson() const {
  nlohmann::json list = nlohmann::json::array();
  for (const Stage& stage : stages_) {
    const double answers = static_cast<double>(std::max<int64_t>(1, stage.execute.count()));
    list.push_back({{"stage", stage.name},
                    {"answers", stage.execute.count()},
                    {"queue_ms", Short(stage.queue)},
                    {"batch_form_ms", Short(stage.batch_form)},
                    {"h2d_ms", Short(stage.h2d)},
                    {"execute_ms", Short(stage.execute)},
                    {"d2h_ms", Short(stage.d2h)},
                    {"host_ms", Short(stage.host)},
                    {"batch_size", stage.batch_size / answers},
                    {"padding", stage.padding / answers},
                    {"batches", static_cast<double>(stage.batches) / answers}});
  }
  return list;
}

}  // namespace omserve::client
