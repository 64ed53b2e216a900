// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "client/load/answer_check.h"
#include "client/load/camera_set.h"
#include "client/load/event_player.h"
#include "client/load/kserve_request.h"
#include "client/load/load_channels.h"
#include "client/load/load_plan.h"
#include "client/load/load_progress.h"
#include "client/load/load_worker.h"
#include "client/vision_client.h"

namespace omserve::client {
namespace {

constexpr absl::Duration kWatchEvery = absl::Milliseconds(200);
// So that the threads are there when the first request is due.
constexpr std::chrono::milliseconds kHeadStart{20};

double ProcessorSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Seconds(LoadTime from, LoadTime to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

double Rate(int64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

// How long the measured part of a schedule is; n requests fill n intervals.
double OfferedSeconds(const LoadPlan& plan) {
  const auto first = static_cast<size_t>(plan.options.warmup);
  const auto count = static_cast<double>(plan.schedule.size() - first);
  const std::chrono::duration<double> span = plan.schedule.back() - plan.schedule[first];
  return count > 1 ? span.count() * count / (count - 1) : 0;
}

LoadResult Summarize(const LoadPlan& plan, const LoadProgress& progress, LoadStats stats) {
  LoadResult result;
  for (const ClassStats& one : stats.classes) {
    result.all.Merge(one);
  }
  const int64_t sent = result.all.requests - result.all.not_sent;
  const LoadTime begin = progress.measured_begin();
  const double sending = Seconds(begin, stats.last_sent);
  result.seconds = Seconds(begin, stats.last_ended);
  result.requests_per_s = Rate(result.all.ok, result.seconds);
  result.steady_requests_per_s = Rate(stats.steady_ok, Seconds(begin, progress.send_end()));
  result.sent_per_s = Rate(sent, sending);
  result.goodput_per_s = Rate(result.all.in_time, result.seconds);
  if (!plan.schedule.empty()) {
    const double offered = OfferedSeconds(plan);
    result.offered_per_s = Rate(result.all.requests, offered);
    result.sent_per_s = Rate(sent, std::max(offered, sending));
    result.goodput_per_s = Rate(result.all.in_time, offered > 0 ? offered : result.seconds);
  }
  result.stability = MeasureStability(stats.windows, plan.options.seed);
  result.stats = std::move(stats);
  return result;
}

// Whether the server is there and has what the classes want.
absl::Status CheckServer(const LoadPlan& plan, const LoadChannels& channels) {
  bool listed = false;
  for (const RequestClass& one : plan.classes) {
    absl::Status status;
    if (one.spec().method == ClassSpec::Method::kInfer) {
      status = CheckModelReady(channels.front(), plan.options.access, one.spec().model);
    } else if (!listed) {
      status = VisionClient({.server = plan.options.server, .access = plan.options.access})
                   .ListModels()
                   .status();
      listed = true;
    }
    if (!status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// The threads of a run: workers for single requests, sets of cameras, and what happens meanwhile.
class Crew {
 public:
  Crew(const LoadPlan& plan, const LoadChannels& channels, LoadProgress* progress,
       const AnswerCheck* check)
      : plan_(plan) {
    const auto count = plan.shares.empty() ? 0 : static_cast<size_t>(plan.options.senders);
    for (size_t i = 0; i < count; ++i) {
      workers_.push_back(std::make_unique<LoadWorker>(
          plan, static_cast<int>(i), ShareOf(channels, i, count), progress, check));
    }
    for (size_t i = 0; i < plan.classes.size(); ++i) {
      if (plan.classes[i].spec().cameras > 0) {
        cameras_.push_back(std::make_unique<CameraSet>(plan, i, channels, progress, check));
      }
    }
  }
  void Start() {
    for (const auto& cameras : cameras_) cameras->Start();
    for (const auto& worker : workers_) worker->Start();
  }
  void Reconnect() {
    const LoadChannels channels =
        OpenChannels(plan_.options.server, plan_.options.channels, plan_.options.access);
    for (size_t i = 0; i < workers_.size(); ++i) {
      workers_[i]->Reconnect(ShareOf(channels, i, workers_.size()));
    }
    for (const auto& cameras : cameras_) cameras->Reconnect(channels);
  }
  // Calls 'watch' now and then, until all is done.
  LoadStats Wait(const std::function<void()>& watch) {
    LoadStats stats;
    const auto join = [&](auto& one) {
      while (!one.WaitUntilDone(kWatchEvery)) watch();
      stats.Merge(one.TakeStats());
    };
    for (const auto& worker : workers_) join(*worker);
    for (const auto& cameras : cameras_) join(*cameras);
    return stats;
  }

 private:
  const LoadPlan& plan_;
  std::vector<std::unique_ptr<LoadWorker>> workers_;
  std::vector<std::unique_ptr<CameraSet>> cameras_;
};

LoadMoment MomentOf(const LoadPlan& plan, const LoadProgress& progress) {
  LoadMoment moment;
  moment.total = !plan.schedule.empty()      ? static_cast<int64_t>(plan.schedule.size())
                 : plan.options.requests > 0 ? plan.options.warmup + plan.options.requests
                                             : 0;
  moment.length =
      plan.schedule.empty() ? plan.options.duration : absl::FromChrono(plan.schedule.back());
  moment.elapsed = absl::FromChrono(std::chrono::steady_clock::now() - plan.begin);
  moment.sent = progress.sent();
  moment.ok = progress.ok();
  moment.failed = progress.failed();
  moment.not_sent = progress.not_sent();
  moment.dropped = progress.dropped();
  moment.latencies = progress.latencies().Read();
  return moment;
}

}  // namespace

absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options, std::vector<RequestClass> classes,
                                   const LoadWatcher& watch) {
  absl::StatusOr<LoadPlan> made = MakePlan(options, std::move(classes));
  if (!made.ok()) {
    return made.status();
  }
  LoadPlan& plan = *made;
  const LoadChannels channels =
      OpenChannels(plan.options.server, plan.options.channels, plan.options.access);
  absl::Status ready = CheckServer(plan, channels);
  if (ready.ok()) {
    ready = WaitForChannels(channels, plan.options.server);
  }
  if (!ready.ok()) {
    return ready;
  }
  std::optional<AnswerCheck> check;
  if (plan.options.check > 0) {
    absl::StatusOr<AnswerCheck> golden =
        AnswerCheck::Make(plan.classes, channels.front(), plan.options.golden);
    if (!golden.ok()) {
      return golden.status();
    }
    check = *std::move(golden);
  }
  const double processor_begin = ProcessorSeconds();
  const LoadTime begin = std::chrono::steady_clock::now();
  plan.begin = begin + kHeadStart;
  LoadProgress progress(plan);
  Crew crew(plan, channels, &progress, check.has_value() ? &*check : nullptr);
  crew.Start();
  EventPlayer player(plan.options.events, plan.options.control, plan.options.access, &progress,
                     [&crew] { crew.Reconnect(); });
  LoadStats stats = crew.Wait([&] {
    if (watch != nullptr) watch(MomentOf(plan, progress));
  });
  const double elapsed = Seconds(begin, std::chrono::steady_clock::now());
  const double processor = ProcessorSeconds() - processor_begin;
  std::vector<RunEventOutcome> events = player.Stop();
  LoadResult result = Summarize(plan, progress, std::move(stats));
  result.events = std::move(events);
  result.client_cores = elapsed > 0 ? processor / elapsed : 0;
  return result;
}

}  // namespace omserve::client
