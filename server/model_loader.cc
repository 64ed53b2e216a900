// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/model_loader.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/batching/batching_runner.h"
#include "server/registry/classify_manifest.h"
#include "server/registry/ppocr_manifest.h"
#include "server/service/served_stages.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

// The RPC that a pipeline serves.
std::string_view MethodOf(std::string_view pipeline) {
  if (pipeline == "ppocr") return "ReadText";
  if (pipeline == "tensor") return "ModelInfer";
  return pipeline == "vitdet" ? "Detect" : "Embed";
}

absl::Status InStage(const StageSpec& stage, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("stage '", stage.name, "': ", status.message()));
}

}  // namespace

absl::StatusOr<ServedPipeline> MakePipeline(const PipelineSpec& spec) {
  if (const auto* vitdet = std::get_if<VitDetConfig>(&spec.config)) {
    OMSERVE_ASSIGN_OR_RETURN(VitDet pipeline, VitDet::Create(*vitdet));
    return pipeline;
  }
  if (const auto* ppocr = std::get_if<PpOcrConfig>(&spec.config)) {
    OMSERVE_ASSIGN_OR_RETURN(PpOcr pipeline, PpOcr::Create(*ppocr));
    return pipeline;
  }
  if (std::holds_alternative<TensorConfig>(spec.config)) return TensorModel();
  if (const auto* classify = std::get_if<ClassifyConfig>(&spec.config)) {
    OMSERVE_ASSIGN_OR_RETURN(Classify pipeline, Classify::Create(*classify));
    return pipeline;
  }
  OMSERVE_ASSIGN_OR_RETURN(InternVit pipeline,
                           InternVit::Create(std::get<InternVitConfig>(spec.config)));
  return pipeline;
}

// A version and the catalog's place for it.
class ModelLoader::LoadedVersion final : public Servable {
 public:
  LoadedVersion(ModelLoader& loader, std::shared_ptr<ServedModel> model)
      : loader_(loader), model_(std::move(model)) {}

  void Publish() override {
    loader_.parts_.catalog.Publish(model_);
    model_->model_metrics.ready->Set(loader_.serving_.load() ? 1 : 0);
    if (loader_.on_name_ != nullptr) loader_.on_name_(model_->name, true);
  }
  void Withdraw() override {
    loader_.parts_.catalog.Withdraw(*model_);
    const ModelCatalog& catalog = loader_.parts_.catalog;
    if (!catalog.Has(model_->name, model_->number)) model_->model_metrics.ready->Set(0);
    if (!catalog.Has(model_->name) && loader_.on_name_ != nullptr) {
      loader_.on_name_(model_->name, false);
    }
  }
  bool WaitUnused(absl::Time deadline) override {
    return model_->users.WaitEmpty(deadline, loader_.parts_.clock);
  }
  void Close() override { model_->runner->Close(); }
  int64_t last_use() const override { return model_->last_use.load(); }

 private:
  ModelLoader& loader_;
  // Shared with the catalog while it is published: the last owner is this one.
  const std::shared_ptr<ServedModel> model_;
};

absl::StatusOr<int64_t> ModelLoader::BytesOf(const PipelineSpec& spec) {
  std::vector<int64_t> bytes(parts_.devices.size());
  for (const StageSpec& stage : spec.stages) {
    absl::StatusOr<std::vector<int64_t>> more = LoadedStage::BytesOf(stage, parts_.devices);
    if (!more.ok()) return InStage(stage, more.status());
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] += (*more)[i];
  }
  return *std::max_element(bytes.begin(), bytes.end());
}

absl::StatusOr<std::unique_ptr<Servable>> ModelLoader::Load(const PipelineSpec& spec) {
  const absl::Time start = parts_.clock.Now();
  ServerMetrics& metrics = parts_.metrics;
  PipelineSpec limited = spec;
  std::visit([&](auto& numbers) { numbers.limits.max_pixels = parts_.config.max_image_pixels; },
             limited.config);
  OMSERVE_ASSIGN_OR_RETURN(auto pipeline, MakePipeline(limited));
  std::vector<LoadedStage> stages;
  std::vector<std::string> names;
  PipelineStatistics& counts = parts_.statistics.Of(spec.name);
  for (const StageSpec& stage : spec.stages) {
    parts_.batch_metrics.AddStage(spec.name, stage.name, &counts.AddStage(stage.name));
    absl::StatusOr<LoadedStage> loaded = LoadedStage::Load(stage, parts_.devices);
    if (!loaded.ok()) return InStage(stage, loaded.status());
    stages.push_back(*std::move(loaded));
    names.push_back(stage.name);
  }
  if (const auto* ppocr = std::get_if<PpOcrConfig>(&spec.config)) {
    OMSERVE_RETURN_IF_ERROR(CheckPpOcrStages(*ppocr, stages));
  }
  if (const auto* classify = std::get_if<ClassifyConfig>(&spec.config)) {
    OMSERVE_RETURN_IF_ERROR(CheckClassifyStage(*classify, stages.front()));
  }
  const bool alone = std::holds_alternative<TensorModel>(pipeline);
  std::vector<ServedStage> served = MakeServedStages(spec.name, alone, stages, metrics, counts);
  OMSERVE_ASSIGN_OR_RETURN(auto runner, BatchingRunner::Create(spec.name, spec.weight,
                                                               std::move(stages), parts_.engine));
  const std::string method(MethodOf(spec.pipeline()));
  auto model = std::shared_ptr<ServedModel>(
      new ServedModel{spec.name, spec.version, spec.labels, std::move(names), std::move(pipeline),
                      std::move(runner), metrics.AddMethod(spec.name, method), ImageLimits{}});
  model->limits.max_pixels = parts_.config.max_image_pixels;
  model->number = spec.number;
  if (spec.pipeline() == "vitdet") {
    model->frame_metrics = metrics.AddMethod(spec.name, "DetectStream");
    model->stream_metrics = metrics.AddStreams(spec.name);
  }
  model->stage_models = std::move(served);
  CountIn(counts, metrics, *model);
  model->model_metrics = metrics.AddModel(spec.name, spec.version);
  const absl::Duration took = parts_.clock.Now() - start;
  model->model_metrics.load_seconds->Set(absl::ToDoubleSeconds(took));
  spdlog::info("model {} {} loaded in {}", spec.name, spec.version, absl::FormatDuration(took));
  return std::make_unique<LoadedVersion>(*this, std::move(model));
}

void ModelLoader::SetServing(bool serving) {
  serving_.store(serving);
  for (const ModelPin& model : parts_.catalog.All()) {
    model->model_metrics.ready->Set(serving ? 1 : 0);
  }
}

}  // namespace omserve
