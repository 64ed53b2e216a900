// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/application_plan.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/status_macros.h"
#include "server/model_loader.h"
#include "server/registry/repository_scan.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

absl::Status InManifest(const PipelineSpec& spec, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(spec.manifest_path, ": ", status.message()));
}

std::string SecuritySummary(const SecurityConfig& security) {
  std::vector<std::string> parts;
  parts.push_back(security.tls.on() ? "TLS" : "plain text");
  if (!security.tls.client_ca.empty()) {
    parts.push_back(absl::StrCat("client certificates ", security.tls.client_certificate_required
                                                             ? "required"
                                                             : "optional"));
  }
  if (!security.tls.client_crl.empty()) parts.push_back("not those that are revoked");
  if (!security.tokens.empty()) parts.push_back("tokens");
  if (!security.identities.empty()) {
    parts.push_back(absl::StrCat("roles of ", security.identities.size(), " certificate names"));
  }
  if (!security.authorises()) parts.push_back("whoever gets in may call every RPC");
  return absl::StrJoin(parts, ", ");
}

// The versions of a model that the policy wants, checked without a device.
absl::Status LoadWanted(const ServerConfig& config, const ModelFolder& folder,
                        std::vector<PipelineSpec>& pipelines) {
  OMSERVE_RETURN_IF_ERROR(folder.problem);
  std::map<int64_t, const VersionFolder*> there;
  std::vector<int64_t> numbers;
  for (const VersionFolder& version : folder.versions) {
    there[version.number] = &version;
    numbers.push_back(version.number);
  }
  const VersionPolicy& policy = config.repository.versions;
  std::vector<int64_t> candidates = policy.Candidates(numbers);
  candidates.resize(policy.Wanted(candidates.size()));
  for (const int64_t number : candidates) {
    OMSERVE_ASSIGN_OR_RETURN(PipelineSpec spec, LoadVersion(folder, *there[number]));
    if (auto pipeline = MakePipeline(spec); !pipeline.ok()) {
      return InManifest(spec, pipeline.status());
    }
    pipelines.push_back(std::move(spec));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<PipelineSpec>> LoadPipelines(const ServerConfig& config) {
  if (config.model_dir.empty()) {
    return absl::InvalidArgumentError("model_dir: must be set, in the config or by --model-dir");
  }
  OMSERVE_ASSIGN_OR_RETURN(const std::vector<ModelFolder> folders, ScanModelDir(config.model_dir));
  const bool strict = !config.repository.poll;
  std::vector<PipelineSpec> pipelines;
  for (const ModelFolder& folder : folders) {
    const absl::Status status = LoadWanted(config, folder, pipelines);
    if (!status.ok() && strict) return status;
    if (!status.ok()) spdlog::warn("{}", std::string(status.message()));
  }
  if (pipelines.empty() && strict) {
    return absl::NotFoundError(absl::StrCat(
        "model_dir: ", config.model_dir, " has no folder with a pipeline.pbtxt, and no OM file"));
  }
  return pipelines;
}

std::string Summary(const ServerConfig& config, const std::vector<PipelineSpec>& pipelines) {
  std::string text = absl::StrCat(
      "model_dir      ", config.model_dir, "\n", "acl_library    ", config.acl_library, "\n",
      "devices        ", config.devices.empty() ? "all" : absl::StrJoin(config.devices, ", "), "\n",
      "grpc           ", config.grpc_address, "\n", "control        ", config.control_address, "\n",
      "health         ", config.health_address, "\n", "metrics        ", config.metrics_address,
      "\n", "max message    ", config.max_message_bytes >> 20, " MiB\n", "max in flight  ",
      config.max_inflight_requests, "\n", "max streams    ", config.max_streams, "\n",
      "max picture    ", config.max_image_pixels / 1'000'000, " megapixels\n", "deadline       ",
      absl::FormatDuration(config.default_deadline), "\n", "drain          ",
      absl::FormatDuration(config.drain), "\n", "host threads   ", config.host_threads, "\n",
      "without device ", config.exit_without_device ? "exit" : "stay", "\n", "models change  ",
      config.repository.poll ? "when their files do, or on request" : "on request", "\n",
      "metrics of     ", config.count_requests ? "everything" : "process and devices only", "\n",
      "traces to      ", config.tracing.endpoint.empty() ? "nowhere" : config.tracing.endpoint,
      "\n", "who may enter  ", SecuritySummary(config.security), "\n");
  for (const PipelineSpec& spec : pipelines) {
    absl::StrAppend(&text, "pipeline       ", spec.name, " ", spec.version, " (",
                    std::string(spec.pipeline()), ", ", spec.labels.size(), " labels)\n");
    for (const StageSpec& stage : spec.stages) {
      absl::StrAppend(&text, "  stage        ", stage.name, "  ", stage.om_path, "\n");
    }
  }
  return text;
}

}  // namespace omserve
