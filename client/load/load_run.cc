// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_run.h"

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/load/load_plan.h"
#include "client/load/load_worker.h"
#include "client/vision_client.h"

namespace omserve::client {
namespace {

constexpr absl::Duration kWatchEvery = absl::Milliseconds(200);
constexpr absl::Duration kPatience = absl::Seconds(10);
// So that the threads are there when the first request is due.
constexpr std::chrono::milliseconds kHeadStart{20};
constexpr int kMaxMessageBytes = 256 << 20;

using Channels = std::vector<std::shared_ptr<grpc::Channel>>;

absl::StatusOr<Channels> Connect(const LoadOptions& options) {
  grpc::ChannelArguments arguments;
  // Each channel has its own connection, and nothing is sent twice behind our back.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // A server that comes back is found soon.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  options.access.Configure(arguments);
  Channels channels;
  for (int i = 0; i < options.channels; ++i) {
    channels.push_back(
        grpc::CreateCustomChannel(options.server, options.access.Credentials(), arguments));
    if (!channels.back()->WaitForConnected(absl::ToChronoTime(absl::Now() + kPatience))) {
      return absl::UnavailableError(absl::StrCat("connection ", i + 1, " of ", options.channels,
                                                 " to ", options.server, " is not there after ",
                                                 absl::FormatDuration(kPatience)));
    }
  }
  return channels;
}

// The channels of one of the workers: all have a fair share, and none has nothing.
Channels ShareOf(const Channels& channels, size_t worker, size_t workers) {
  Channels share;
  for (size_t i = worker % channels.size(); i < channels.size(); i += workers) {
    share.push_back(channels[i]);
  }
  return share;
}

absl::StatusOr<LoadPlan> MakePlan(const LoadOptions& options, std::vector<RequestClass> classes) {
  if (classes.empty()) {
    return absl::InvalidArgumentError("no class of requests");
  }
  LoadPlan plan;
  plan.options = options;
  plan.options.warmup = std::max<int64_t>(0, options.warmup);
  plan.options.senders = std::max(1, options.senders);
  plan.options.channels = std::max(1, options.channels);
  plan.options.in_flight = std::max(1, options.in_flight);
  double sum = 0;
  for (const RequestClass& one : classes) {
    sum += one.spec().share;
    plan.shares.push_back(sum);
  }
  for (double& share : plan.shares) {
    share /= sum;
  }
  plan.classes = std::move(classes);
  if (options.arrivals.has_value()) {
    Arrivals arrivals = *options.arrivals;
    arrivals.seed = options.seed;
    auto schedule = ComputeSchedule(arrivals, {.warmup = plan.options.warmup,
                                               .requests = options.requests,
                                               .duration = options.duration});
    if (!schedule.ok()) {
      return schedule.status();
    }
    plan.schedule = *std::move(schedule);
  } else if (options.requests <= 0 && options.duration == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError("neither a number of requests nor a duration");
  }
  return plan;
}

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

LoadResult Summarize(const LoadPlan& plan, const LoadProgress& progress,
                     std::vector<WorkerStats> workers) {
  LoadResult result;
  result.classes.resize(plan.classes.size());
  LoadTime last_sent = progress.measured_begin();
  LoadTime last_ended = progress.measured_begin();
  int64_t steady_ok = 0;
  for (const WorkerStats& worker : workers) {
    for (size_t i = 0; i < worker.classes.size(); ++i) {
      result.classes[i].Merge(worker.classes[i]);
      result.all.Merge(worker.classes[i]);
    }
    result.lateness.Merge(worker.lateness);
    result.late += worker.late;
    result.slowest.Merge(worker.slowest);
    result.records.insert(result.records.end(), worker.records.begin(), worker.records.end());
    steady_ok += worker.steady_ok;
    last_sent = std::max(last_sent, worker.last_sent);
    last_ended = std::max(last_ended, worker.last_ended);
  }
  const int64_t sent = result.all.requests - result.all.not_sent;
  const double sending = Seconds(progress.measured_begin(), last_sent);
  result.seconds = Seconds(progress.measured_begin(), last_ended);
  result.requests_per_s = Rate(result.all.ok, result.seconds);
  result.steady_requests_per_s =
      Rate(steady_ok, Seconds(progress.measured_begin(), progress.send_end()));
  result.sent_per_s = Rate(sent, sending);
  result.goodput_per_s = Rate(result.all.in_time, result.seconds);
  if (plan.options.arrivals.has_value()) {
    const double offered = OfferedSeconds(plan);
    result.offered_per_s = Rate(result.all.requests, offered);
    result.sent_per_s = Rate(sent, std::max(offered, sending));
    result.goodput_per_s = Rate(result.all.in_time, offered > 0 ? offered : result.seconds);
  }
  return result;
}

}  // namespace

absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options, std::vector<RequestClass> classes,
                                   const LoadWatcher& watch) {
  absl::StatusOr<LoadPlan> made = MakePlan(options, std::move(classes));
  if (!made.ok()) {
    return made.status();
  }
  LoadPlan& plan = *made;
  if (const auto models =
          VisionClient({.server = options.server, .access = options.access}).ListModels();
      !models.ok()) {
    return models.status();
  }
  const absl::StatusOr<Channels> channels = Connect(plan.options);
  if (!channels.ok()) {
    return channels.status();
  }
  const double processor_begin = ProcessorSeconds();
  const LoadTime begin = std::chrono::steady_clock::now();
  plan.begin = begin + kHeadStart;
  LoadProgress progress(plan);
  const auto count = static_cast<size_t>(plan.options.senders);
  std::vector<std::unique_ptr<LoadWorker>> workers;
  for (size_t i = 0; i < count; ++i) {
    workers.push_back(std::make_unique<LoadWorker>(plan, static_cast<int>(i),
                                                   ShareOf(*channels, i, count), &progress));
  }
  for (const auto& worker : workers) {
    worker->Start();
  }
  LoadMoment moment;
  moment.total = !plan.schedule.empty() ? static_cast<int64_t>(plan.schedule.size())
                 : options.requests > 0 ? plan.options.warmup + options.requests
                                        : 0;
  std::vector<WorkerStats> stats;
  for (const auto& worker : workers) {
    while (!worker->WaitUntilDone(kWatchEvery)) {
      if (watch != nullptr) {
        moment.elapsed = absl::FromChrono(std::chrono::steady_clock::now() - begin);
        moment.sent = progress.sent();
        moment.ok = progress.ok();
        moment.failed = progress.failed();
        moment.not_sent = progress.not_sent();
        watch(moment);
      }
    }
    stats.push_back(worker->TakeStats());
  }
  LoadResult result = Summarize(plan, progress, std::move(stats));
  const double elapsed = Seconds(begin, std::chrono::steady_clock::now());
  result.client_cores = elapsed > 0 ? (ProcessorSeconds() - processor_begin) / elapsed : 0;
  return result;
}

}  // namespace omserve::client
