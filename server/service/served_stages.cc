// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/served_stages.h"

#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

constexpr char kMethod[] = "ModelInfer";

void Rename(const std::vector<std::string>& names, std::vector<ModelTensor>& tensors) {
  if (names.size() != tensors.size()) return;
  for (size_t i = 0; i < names.size(); ++i) tensors[i].name = names[i];
}

}  // namespace

std::vector<ServedStage> MakeServedStages(const std::string& pipeline, bool alone,
                                          const std::vector<LoadedStage>& stages,
                                          ServerMetrics& metrics, PipelineStatistics& statistics) {
  std::vector<ServedStage> out;
  for (const LoadedStage& loaded : stages) {
    ServedStage stage;
    stage.name = loaded.spec.name;
    stage.info = loaded.info();
    stage.most_items = loaded.spec.max_items_per_request;
    Rename(loaded.spec.inputs, stage.info.inputs);
    Rename(loaded.spec.outputs, stage.info.outputs);
    stage.metrics =
        metrics.AddMethod(alone ? pipeline : absl::StrCat(pipeline, ".", stage.name), kMethod);
    stage.metrics.statistics = statistics.stage(stage.name);
    out.push_back(std::move(stage));
  }
  return out;
}

void CountIn(PipelineStatistics& statistics, ServerMetrics& metrics, ServedModel& model) {
  model.infer_metrics = metrics.AddMethod(model.name, kMethod);
  for (RequestMetrics* method : {&model.metrics, &model.frame_metrics, &model.infer_metrics}) {
    method->statistics = &statistics.whole();
    method->stage_statistics = &statistics;
  }
}

}  // namespace omserve
