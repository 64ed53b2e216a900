// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/application.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/mutex.h"
#include "pipelines/base/status_macros.h"
#include "server/base/gate.h"
#include "server/base/thread.h"
#include "server/base/worker_pool.h"
#include "server/batching/batch_engine.h"
#include "server/device/device_set.h"
#include "server/metrics/metrics_listener.h"
#include "server/metrics/server_metrics.h"
#include "server/model_loader.h"
#include "server/registry/live_repository.h"
#include "server/registry/repository_poller.h"
#include "server/security/credential_keeper.h"
#include "server/service/batch_metrics.h"
#include "server/service/control_service.h"
#include "server/service/failure_log.h"
#include "server/service/kserve/inference_service.h"
#include "server/service/listeners.h"
#include "server/service/model_catalog.h"
#include "server/service/vision_service.h"
#include "server/status_report.h"
#include "server/tracing/trace_sink.h"
#include "server/tracing/tracer.h"
#include "spdlog/spdlog.h"

#ifndef OMSERVE_VERSION
#define OMSERVE_VERSION "unknown"
#endif
#ifndef OMSERVE_COMMIT
#define OMSERVE_COMMIT "unknown"
#endif

namespace omserve {
namespace {

// Between not being ready and turning requests away.
constexpr absl::Duration kNotice = absl::Milliseconds(200);
// Traces that wait when the server stops, and one export of them.
constexpr absl::Duration kTraceDrain = absl::Seconds(2);
constexpr absl::Duration kExportLimit = absl::Seconds(5);
// The listeners cancel what is left this much after it was counted.
constexpr absl::Duration kMoment = absl::Milliseconds(50);

// Queues of short inferences. gRPC spreads connections over them and over the threads of the other
// methods, which are the slower way for these: not too few, also where there are few cores.
int InferQueues(const ServerConfig& config) { return std::clamp(config.host_threads, 4, 8); }

}  // namespace

// From the first to be made to the last; destroyed the other way round.
struct Application::Parts {
  Parts(ServerConfig server_config, const Clock& real)
      : config(std::move(server_config)),
        clock(real),
        failures(real, {config.log.json, static_cast<double>(config.log.failures_per_second)}),
        admission(config.max_inflight_requests, config.max_streams) {}

  const ServerConfig config;
  const Clock& clock;
  FailureLog failures;
  BuildInfo build;
  Mutex names_mutex;
  std::map<std::string, bool> names ABSL_GUARDED_BY(names_mutex);  // of models, and if served
  std::unique_ptr<DeviceSet> devices;
  std::unique_ptr<ServerMetrics> metrics;
  StatisticsBook statistics;
  std::unique_ptr<Tracer> tracer;  // null: nothing is traced
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<BatchMetrics> batch_metrics;
  std::unique_ptr<BatchEngine> engine;
  Admission admission;
  std::unique_ptr<ModelCatalog> catalog;
  std::unique_ptr<ModelLoader> loader;
  std::unique_ptr<LiveRepository> repository;
  std::unique_ptr<RepositoryPoller> poller;
  std::unique_ptr<VisionService> service;
  std::unique_ptr<kserve::InferenceService> kserve;
  std::unique_ptr<kserve::InferenceService> kserve_control;
  std::unique_ptr<ControlService> control;
  std::unique_ptr<CredentialKeeper> credentials;
  std::unique_ptr<Listeners> listeners;
  std::unique_ptr<StatusReport> status;
  std::unique_ptr<MetricsListener> metrics_listener;
  Ports ports;
  bool serving = false;
  bool stopped = false;

  absl::Status OpenDevices();
  absl::Status StartTracing();
  absl::Status StartEngine(const std::vector<PipelineSpec>& pipelines);
  absl::Status LoadModels();
  void OnName(const std::string& name, bool served);
  absl::Status Listen();
  void SetServing(bool now);
};

absl::Status Application::Parts::OpenDevices() {
  AclOptions acl;
  acl.library_path = config.acl_library;
  OMSERVE_ASSIGN_OR_RETURN(devices, DeviceSet::Create(acl, config.devices, clock));
  build = {OMSERVE_VERSION, OMSERVE_COMMIT, devices->acl_version(), devices->soc_name(),
           GrpcVersion()};
  metrics = std::make_unique<ServerMetrics>(build, config.count_requests);
  OMSERVE_RETURN_IF_ERROR(StartTracing());
  workers = std::make_unique<WorkerPool>("host", config.host_threads);
  std::vector<int> ids;
  for (size_t i = 0; i < devices->size(); ++i) ids.push_back(devices->device(i).id());
  batch_metrics = std::make_unique<BatchMetrics>(*metrics, ids);
  catalog = std::make_unique<ModelCatalog>();
  spdlog::info("{} devices of type {}: {}", ids.size(), build.soc, absl::StrJoin(ids, ", "));
  return absl::OkStatus();
}

absl::Status Application::Parts::StartTracing() {
  const TracingMetrics counted = metrics->AddTracing();
  if (config.tracing.endpoint.empty()) return absl::OkStatus();
  OMSERVE_ASSIGN_OR_RETURN(auto sink, OtlpHttpSink(config.tracing.endpoint, kExportLimit));
  TracerOptions options;
  options.ratio = config.tracing.ratio;
  options.resource = {config.tracing.service, build.version};
  std::random_device random;
  options.seed = uint64_t{random()} << 32 | random();
  tracer = std::make_unique<Tracer>(options, counted, std::move(sink), clock);
  return absl::OkStatus();
}

absl::Status Application::Parts::StartEngine(const std::vector<PipelineSpec>& pipelines) {
  EngineOptions options;
  for (const PipelineSpec& spec : pipelines) {
    for (const StageSpec& stage : spec.stages) {
      options.lanes = std::max(options.lanes, stage.instances);
    }
  }
  options.plain = config.scheduling.plain;
  options.cache_dir = config.cache_dir;
  options.shadow_rate = config.scheduling.shadow_check_rate;
  options.shadow_tolerance = config.scheduling.shadow_check_tolerance;
  options.recovery = config.scheduling.reset_devices;
  options.scheduling.hang_least = config.scheduling.hang;
  options.scheduling.max_bytes = config.scheduling.max_request_bytes;
  OMSERVE_ASSIGN_OR_RETURN(
      engine, BatchEngine::Create(*devices, *workers, clock,
                                  config.count_requests ? batch_metrics.get() : nullptr, options));
  return absl::OkStatus();
}

absl::Status Application::Parts::LoadModels() {
  loader = std::make_unique<ModelLoader>(
      ModelLoader::Parts{config, clock, *devices, *metrics, *batch_metrics, *engine, *catalog,
                         statistics},
      [this](const std::string& name, bool served) { OnName(name, served); });
  RepositoryOptions options;
  options.dir = config.model_dir;
  options.policy = config.repository.versions;
  options.load_threads = config.repository.load_threads;
  options.device_bytes = config.repository.device_bytes;
  options.evict = config.repository.evict;
  repository = std::make_unique<LiveRepository>(options, *loader, clock);
  if (config.repository.poll) {
    poller = std::make_unique<RepositoryPoller>(config.model_dir, config.repository.interval,
                                                *repository);
  }
  return repository->LoadAll(!config.repository.poll);
}

// Names that come before the listeners are told to them at once when they are made.
void Application::Parts::OnName(const std::string& name, bool served) {
  MutexLock lock(names_mutex);
  names[name] = served;
  if (listeners != nullptr) listeners->SetModel(name, served);
}

absl::Status Application::Parts::Listen() {
  const CallEnvironment calls{*catalog,  *workers,    clock, admission, config.default_deadline,
                              &failures, tracer.get()};
  service = std::make_unique<VisionService>(calls, *metrics);
  kserve::ServiceOptions protocol;
  protocol.version = OMSERVE_VERSION;
  protocol.repository = repository.get();
  protocol.engine = engine.get();
  kserve = std::make_unique<kserve::InferenceService>(calls, *metrics, protocol);
  protocol.allow_control = true;
  kserve_control = std::make_unique<kserve::InferenceService>(calls, *metrics, protocol);
  control = std::make_unique<ControlService>(
      ControlEnvironment{*repository, *catalog, admission, *devices, clock});
  status = std::make_unique<StatusReport>(StatusSources{build, *repository, *catalog, admission,
                                                        *devices, *batch_metrics, failures, clock});
  OMSERVE_ASSIGN_OR_RETURN(
      metrics_listener,
      MetricsListener::Start(
          config.metrics_address, *metrics,
          {{"/", "text/html; charset=utf-8", [] { return std::string(StatusPage()); }},
           {"/status.json", "application/json", [this] { return status->Json(); }}}));
  if (config.security.on()) {
    OMSERVE_ASSIGN_OR_RETURN(credentials,
                             CredentialKeeper::Create(config.security, *metrics, clock));
  }
  ListenerOptions options;
  options.credentials = credentials.get();
  options.grpc_address = config.grpc_address;
  options.control_address = config.control_address;
  options.health_address = config.health_address;
  options.max_message_bytes = config.max_message_bytes;
  OMSERVE_ASSIGN_OR_RETURN(
      auto made,
      Listeners::Start(options, {{service.get(), kserve.get()}, kserve.get(), InferQueues(config)},
                       {{control.get(), kserve_control.get()}, kserve_control.get(), 1},
                       {"", "readiness", "omserve.v1.Vision", "inference.GRPCInferenceService"}));
  MutexLock lock(names_mutex);
  for (const auto& [name, served] : names) made->SetModel(name, served);
  listeners = std::move(made);
  ports = {listeners->grpc_port(), listeners->control_port(), listeners->health_port(),
           metrics_listener->port()};
  return absl::OkStatus();
}

void Application::Parts::SetServing(bool now) {
  serving = now;
  listeners->SetServing(now);
  service->SetReady(now);
  kserve->SetReady(now);
  kserve_control->SetReady(now);
  loader->SetServing(now);
}

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Application::~Application() {
  if (const absl::Status status = Stop(); !status.ok()) spdlog::warn("{}", status.ToString());
}

absl::StatusOr<std::unique_ptr<Application>> Application::Start(ServerConfig config,
                                                                std::vector<PipelineSpec> pipelines,
                                                                const Clock& clock) {
  OMSERVE_RETURN_IF_ERROR(CheckServerConfig(config));
  auto parts = std::make_unique<Parts>(std::move(config), clock);
  OMSERVE_RETURN_IF_ERROR(parts->OpenDevices());
  OMSERVE_RETURN_IF_ERROR(parts->StartEngine(pipelines));
  OMSERVE_RETURN_IF_ERROR(parts->LoadModels());
  OMSERVE_RETURN_IF_ERROR(parts->Listen());
  parts->SetServing(true);
  auto application = absl::WrapUnique(new Application(std::move(parts)));
  application->Tick();
  spdlog::info("ready: grpc port {}, control port {}, health port {}, metrics port {}",
               application->ports().grpc, application->ports().control, application->ports().health,
               application->ports().metrics);
  return application;
}

const Ports& Application::ports() const { return parts_->ports; }

bool Application::lost() const {
  const auto none = [this] { return parts_->devices->healthy() == 0; };
  // Once more after it: the last recovery may just have ended well.
  return !parts_->stopped && none() && !parts_->engine->recovering() && none();
}

void Application::Tick() {
  if (parts_->stopped) return;
  parts_->failures.Tick();
  const bool able = parts_->devices->healthy() > 0;
  if (able != parts_->serving) {
    spdlog::error("{}", able ? "a device is back" : "no device takes work any more; not ready");
    parts_->SetServing(able);
  }
  for (size_t i = 0; i < parts_->devices->size(); ++i) {
    const Device& device = parts_->devices->device(i);
    const DeviceMetrics& metrics = parts_->batch_metrics->devices().at(device.id());
    metrics.healthy->Set(device.healthy() ? 1 : 0);
    if (!device.healthy()) continue;  // it may be reset just now, which takes a while
    if (const auto memory = device.memory(); memory.ok()) {
      metrics.memory_used->Set(static_cast<double>(memory->total - memory->free));
      metrics.memory_total->Set(static_cast<double>(memory->total));
    }
  }
}

absl::Status Application::Stop() {
  Parts& parts = *parts_;
  if (parts.stopped) return absl::OkStatus();
  parts.stopped = true;
  spdlog::info("stopping: {} requests at work", parts.admission.inflight());
  parts.SetServing(false);
  const absl::Time deadline = parts.clock.Now() + parts.config.drain;
  // Clients that watch the health go elsewhere now, and what others have sent already comes in:
  // gRPC cancels what it finds on the wire once it shuts down.
  Gate notice;
  const std::optional<Gate::Pass> nobody_leaves = notice.Enter();
  notice.WaitEmpty(parts.clock.Now() + std::min(kNotice, parts.config.drain / 10), parts.clock);
  // New requests are turned away by the transport (GOAWAY), in a way that clients may send them
  // elsewhere; those that it has let in are at work, or are about to be, and none is refused.
  parts.service->DrainStreams();
  parts.kserve->DrainStreams();
  parts.kserve_control->DrainStreams();
  Gate open;
  parts.repository->Refuse();
  Thread shutter("shutdown", [&, inside = open.Enter()]() mutable {
    const std::optional<Gate::Pass> pass = std::move(inside);
    parts.listeners->Shutdown(deadline + kMoment);
  });
  const int left = open.WaitEmpty(deadline, parts.clock) ? 0 : parts.admission.inflight();
  // Those that are still there are cancelled; their pipelines end at the next stage.
  parts.admission.Close();
  shutter.Join();
  // Not earlier: the load under way is waited for.
  parts.poller.reset();
  parts.repository->Stop();
  // While there are workers that the ends can be posted to.
  parts.repository->Close();
  parts.workers->Stop();
  parts.metrics_listener.reset();
  if (parts.tracer != nullptr) parts.tracer->Stop(kTraceDrain);
  {
    MutexLock lock(parts.names_mutex);
    parts.listeners.reset();
  }
  parts.credentials.reset();
  parts.service.reset();
  parts.kserve.reset();
  parts.kserve_control.reset();
  parts.control.reset();
  parts.repository->Clear();
  parts.engine.reset();
  parts.batch_metrics.reset();
  parts.workers.reset();
  parts.devices.reset();
  parts.failures.Tick();
  spdlog::info("stopped");
  if (left == 0) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat(left, " requests were cancelled at the drain deadline"));
}

}  // namespace omserve
