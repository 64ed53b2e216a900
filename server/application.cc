// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/application.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/status_macros.h"
#include "server/base/worker_pool.h"
#include "server/batching/batch_engine.h"
#include "server/batching/batching_runner.h"
#include "server/device/device_set.h"
#include "server/metrics/metrics_listener.h"
#include "server/metrics/server_metrics.h"
#include "server/registry/ppocr_manifest.h"
#include "server/service/batch_metrics.h"
#include "server/service/listeners.h"
#include "server/service/model_catalog.h"
#include "server/service/vision_service.h"
#include "spdlog/spdlog.h"

#ifndef OMSERVE_VERSION
#define OMSERVE_VERSION "unknown"
#endif
#ifndef OMSERVE_COMMIT
#define OMSERVE_COMMIT "unknown"
#endif

namespace omserve {
namespace {

absl::Status InManifest(const PipelineSpec& spec, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(spec.manifest_path, ": ", status.message()));
}

// The RPC that a pipeline serves.
std::string_view MethodOf(std::string_view pipeline) {
  if (pipeline == "ppocr") return "ReadText";
  return pipeline == "vitdet" ? "Detect" : "Embed";
}

absl::StatusOr<std::variant<VitDet, InternVit, PpOcr>> MakePipeline(const PipelineSpec& spec) {
  if (const auto* vitdet = std::get_if<VitDetConfig>(&spec.config)) {
    OMSERVE_ASSIGN_OR_RETURN(VitDet pipeline, VitDet::Create(*vitdet));
    return pipeline;
  }
  if (const auto* ppocr = std::get_if<PpOcrConfig>(&spec.config)) {
    OMSERVE_ASSIGN_OR_RETURN(PpOcr pipeline, PpOcr::Create(*ppocr));
    return pipeline;
  }
  OMSERVE_ASSIGN_OR_RETURN(InternVit pipeline,
                           InternVit::Create(std::get<InternVitConfig>(spec.config)));
  return pipeline;
}

}  // namespace

absl::StatusOr<std::vector<PipelineSpec>> LoadPipelines(const ServerConfig& config) {
  if (config.model_dir.empty()) {
    return absl::InvalidArgumentError("model_dir: must be set, in the config or by --model-dir");
  }
  OMSERVE_ASSIGN_OR_RETURN(std::vector<PipelineSpec> pipelines, LoadModelDir(config.model_dir));
  for (PipelineSpec& spec : pipelines) {
    std::visit([&](auto& numbers) { numbers.limits.max_pixels = config.max_image_pixels; },
               spec.config);
    if (auto pipeline = MakePipeline(spec); !pipeline.ok()) {
      return InManifest(spec, pipeline.status());
    }
  }
  return pipelines;
}

std::string Summary(const ServerConfig& config, const std::vector<PipelineSpec>& pipelines) {
  std::string text = absl::StrCat(
      "model_dir      ", config.model_dir, "\n", "acl_library    ", config.acl_library, "\n",
      "devices        ", config.devices.empty() ? "all" : absl::StrJoin(config.devices, ", "), "\n",
      "grpc           ", config.grpc_address, "\n", "health         ", config.health_address, "\n",
      "metrics        ", config.metrics_address, "\n", "max message    ",
      config.max_message_bytes >> 20, " MiB\n", "max in flight  ", config.max_inflight_requests,
      "\n", "max streams    ", config.max_streams, "\n", "max picture    ",
      config.max_image_pixels / 1'000'000, " megapixels\n", "deadline       ",
      absl::FormatDuration(config.default_deadline), "\n", "drain          ",
      absl::FormatDuration(config.drain), "\n", "host threads   ", config.host_threads, "\n",
      "without device ", config.exit_without_device ? "exit" : "stay", "\n", "metrics of     ",
      config.count_requests ? "everything" : "process and devices only", "\n");
  for (const PipelineSpec& spec : pipelines) {
    absl::StrAppend(&text, "pipeline       ", spec.name, " ", spec.version, " (",
                    std::string(spec.pipeline()), ", ", spec.labels.size(), " labels)\n");
    for (const StageSpec& stage : spec.stages) {
      absl::StrAppend(&text, "  stage        ", stage.name, "  ", stage.om_path, "\n");
    }
  }
  return text;
}

// From the first to be made to the last; destroyed the other way round.
struct Application::Parts {
  Parts(ServerConfig server_config, const Clock& real)
      : config(std::move(server_config)),
        clock(real),
        admission(config.max_inflight_requests, config.max_streams) {}

  const ServerConfig config;
  const Clock& clock;
  std::unique_ptr<DeviceSet> devices;
  std::unique_ptr<ServerMetrics> metrics;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<BatchMetrics> batch_metrics;
  std::unique_ptr<BatchEngine> engine;
  Admission admission;
  std::vector<ModelMetrics> model_metrics;
  std::vector<std::string> health_names = {"", "readiness", "omserve.v1.Vision"};
  std::unique_ptr<ModelCatalog> catalog;
  std::unique_ptr<VisionService> service;
  std::unique_ptr<Listeners> listeners;
  std::unique_ptr<MetricsListener> metrics_listener;
  Ports ports;
  bool serving = false;
  bool stopped = false;

  absl::Status OpenDevices();
  absl::Status StartEngine(const std::vector<PipelineSpec>& pipelines);
  absl::Status LoadModel(const PipelineSpec& spec);
  absl::Status Listen();
  void SetServing(bool now);
};

absl::Status Application::Parts::OpenDevices() {
  AclOptions acl;
  acl.library_path = config.acl_library;
  OMSERVE_ASSIGN_OR_RETURN(devices, DeviceSet::Create(acl, config.devices, clock));
  BuildInfo info;
  info.version = OMSERVE_VERSION;
  info.commit = OMSERVE_COMMIT;
  info.acl = devices->acl_version();
  info.soc = devices->soc_name();
  info.grpc = GrpcVersion();
  metrics = std::make_unique<ServerMetrics>(info, config.count_requests);
  workers = std::make_unique<WorkerPool>("host", config.host_threads);
  std::vector<int> ids;
  for (size_t i = 0; i < devices->size(); ++i) ids.push_back(devices->device(i).id());
  batch_metrics = std::make_unique<BatchMetrics>(*metrics, ids);
  catalog = std::make_unique<ModelCatalog>();
  spdlog::info("{} devices of type {}: {}", ids.size(), info.soc, absl::StrJoin(ids, ", "));
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

absl::Status Application::Parts::LoadModel(const PipelineSpec& spec) {
  const absl::Time start = clock.Now();
  OMSERVE_ASSIGN_OR_RETURN(auto pipeline, MakePipeline(spec));
  std::vector<LoadedStage> stages;
  std::vector<std::string> names;
  for (const StageSpec& stage : spec.stages) {
    batch_metrics->AddStage(spec.name, stage.name);
    absl::StatusOr<LoadedStage> loaded = LoadedStage::Load(stage, *devices);
    if (!loaded.ok()) {
      return absl::Status(loaded.status().code(),
                          absl::StrCat("stage '", stage.name, "': ", loaded.status().message()));
    }
    stages.push_back(*std::move(loaded));
    names.push_back(stage.name);
  }
  if (const auto* ppocr = std::get_if<PpOcrConfig>(&spec.config)) {
    OMSERVE_RETURN_IF_ERROR(CheckPpOcrStages(*ppocr, stages));
  }
  OMSERVE_ASSIGN_OR_RETURN(
      auto runner, BatchingRunner::Create(spec.name, spec.weight, std::move(stages), *engine));
  const std::string method(MethodOf(spec.pipeline()));
  auto model = absl::WrapUnique(
      new ServedModel{spec.name, spec.version, spec.labels, std::move(names), std::move(pipeline),
                      std::move(runner), metrics->AddMethod(spec.name, method), ImageLimits{}});
  model->limits.max_pixels = config.max_image_pixels;
  if (spec.pipeline() == "vitdet") {
    model->frame_metrics = metrics->AddMethod(spec.name, "DetectStream");
    model->stream_metrics = metrics->AddStreams(spec.name);
  }
  OMSERVE_RETURN_IF_ERROR(catalog->Add(std::move(model)));
  health_names.push_back(spec.name);
  const absl::Duration took = clock.Now() - start;
  model_metrics.push_back(metrics->AddModel(spec.name, spec.version));
  model_metrics.back().load_seconds->Set(absl::ToDoubleSeconds(took));
  spdlog::info("model {} {} loaded in {}", spec.name, spec.version, absl::FormatDuration(took));
  return absl::OkStatus();
}

absl::Status Application::Parts::Listen() {
  service = std::make_unique<VisionService>(
      CallEnvironment{*catalog, *workers, clock, admission, config.default_deadline}, *metrics);
  OMSERVE_ASSIGN_OR_RETURN(metrics_listener,
                           MetricsListener::Start(config.metrics_address, *metrics));
  ListenerOptions options;
  options.grpc_address = config.grpc_address;
  options.health_address = config.health_address;
  options.max_message_bytes = config.max_message_bytes;
  OMSERVE_ASSIGN_OR_RETURN(listeners, Listeners::Start(options, *service, health_names));
  ports = {listeners->grpc_port(), listeners->health_port(), metrics_listener->port()};
  return absl::OkStatus();
}

void Application::Parts::SetServing(bool now) {
  serving = now;
  listeners->SetServing(now);
  service->SetReady(now);
  for (const ModelMetrics& model : model_metrics) model.ready->Set(now ? 1 : 0);
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
  for (const PipelineSpec& spec : pipelines) {
    if (absl::Status status = parts->LoadModel(spec); !status.ok()) {
      return InManifest(spec, status);
    }
  }
  OMSERVE_RETURN_IF_ERROR(parts->Listen());
  parts->SetServing(true);
  auto application = absl::WrapUnique(new Application(std::move(parts)));
  application->Tick();
  spdlog::info("ready: grpc port {}, health port {}, metrics port {}", application->ports().grpc,
               application->ports().health, application->ports().metrics);
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
  parts.admission.Close();
  parts.service->DrainStreams();
  const bool drained =
      parts.admission.WaitEmpty(parts.clock.Now() + parts.config.drain, parts.clock);
  const int left = parts.admission.inflight();
  // Those that are still there are cancelled; their pipelines end at the next stage.
  parts.listeners->Shutdown(parts.clock.Now());
  // While there are workers that the ends can be posted to.
  for (const ServedModel* model : parts.catalog->All()) model->runner->Close();
  parts.workers->Stop();
  parts.metrics_listener.reset();
  parts.listeners.reset();
  parts.service.reset();
  parts.catalog.reset();
  parts.engine.reset();
  parts.batch_metrics.reset();
  parts.workers.reset();
  parts.devices.reset();
  spdlog::info("stopped");
  if (drained) return absl::OkStatus();
  return absl::DeadlineExceededError(
      absl::StrCat(left, " requests were cancelled at the drain deadline"));
}

}  // namespace omserve
