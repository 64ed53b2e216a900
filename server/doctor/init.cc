// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/init.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/status_macros.h"
#include "server/device/device_set.h"
#include "server/doctor/families.h"
#include "server/doctor/manifest_places.h"
#include "server/doctor/progress.h"
#include "server/registry/repository_scan.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

using Folders = std::map<std::string, std::vector<DescribedOm>>;

// What the OM files of one folder are. 'hint' as in DraftPpOcr.
std::vector<PipelineDraft> DraftsOf(const std::vector<DescribedOm>& oms, std::string& hint) {
  std::vector<const DescribedOm*> open;
  for (const DescribedOm& om : oms) open.push_back(&om);
  std::vector<PipelineDraft> drafts;
  const auto take = [&](std::optional<PipelineDraft> draft) {
    if (!draft.has_value()) return;
    std::erase_if(open, [&](const DescribedOm* om) {
      return std::find(draft->om_paths.begin(), draft->om_paths.end(), om->path) !=
             draft->om_paths.end();
    });
    drafts.push_back(*std::move(draft));
  };
  take(DraftVitDet(open));
  take(DraftPpOcr(open, hint));
  for (const DescribedOm* om : open) {
    std::optional<PipelineDraft> vit = DraftInternVit(*om);
    drafts.push_back(vit.has_value() ? *std::move(vit) : DraftSingle(*om));
  }
  return drafts;
}

absl::Status Write(const std::string& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  return absl::OkStatus();
}

// Reads every manifest of the folder as the server would.
void CheckAll(InitReport& report) {
  std::map<std::string, absl::Status> found;  // by manifest
  const auto folders = ScanModelDir(report.folder);
  if (folders.ok()) {
    for (const ModelFolder& model : *folders) {
      for (const VersionFolder& version : model.versions) {
        found[fs::path(version.manifest).lexically_normal().string()] =
            LoadVersion(model, version).status();
      }
    }
  }
  for (InitPipeline& pipeline : report.pipelines) {
    if (pipeline.outcome == InitOutcome::kFailed) continue;
    const auto status = found.extract(pipeline.path);
    if (!status.empty() && status.mapped().ok()) continue;
    pipeline.outcome = InitOutcome::kFailed;
    pipeline.problem = status.empty() ? "the server does not look for a manifest there"
                                      : std::string(status.mapped().message());
  }
  for (const auto& [manifest, status] : found) {
    if (!status.ok()) report.left_out.push_back({manifest, std::string(status.message()), true});
  }
}

class Initialiser {
 public:
  explicit Initialiser(const InitOptions& options) : options_(options), places_(options.folder) {
    report_.folder = options.folder;
    report_.dry_run = options.dry_run;
  }

  absl::StatusOr<InitReport> Run() {
    std::error_code error;
    if (!fs::is_directory(options_.folder, error)) {
      return absl::NotFoundError(absl::StrCat(
          options_.folder, ": is no folder; give the one that --model-dir of omserve will name"));
    }
    OMSERVE_ASSIGN_OR_RETURN(const Folders folders, Describe());
    for (const auto& [folder, oms] : folders) Plan(folder, oms);
    for (InitPipeline& pipeline : report_.pipelines) Settle(pipeline);
    if (!options_.dry_run) CheckAll(report_);
    return std::move(report_);
  }

 private:
  // Those that can be served and that no manifest is about.
  absl::StatusOr<Folders> Describe() {
    OMSERVE_ASSIGN_OR_RETURN(const std::vector<std::string> paths, FindOmFiles(options_.folder));
    OMSERVE_ASSIGN_OR_RETURN(
        const auto devices,
        DeviceSet::Create({.library_path = options_.acl_library, .config_path = ""}, {},
                          Clock::Real()));
    Device& device = devices->device(0);
    OMSERVE_RETURN_IF_ERROR(device.Bind());
    Progress progress("reading", static_cast<int>(paths.size()), options_.progress);
    Folders folders;
    for (const std::string& path : paths) {
      progress.Next(path);
      const std::string manifest = places_.ManifestOf(path);
      if (!manifest.empty() && !options_.force) {
        report_.left_out.push_back({path, absl::StrCat("is in ", manifest), false});
        continue;
      }
      DescribedOm om = DescribeOm(device, path);
      if (om.problem.ok()) {
        folders[om.folder()].push_back(std::move(om));
      } else {
        report_.left_out.push_back({path, std::string(om.problem.message()), true});
      }
    }
    return folders;
  }

  void Plan(const std::string& folder, const std::vector<DescribedOm>& oms) {
    std::string hint;
    std::vector<PipelineDraft> drafts = DraftsOf(oms, hint);
    if (!hint.empty()) report_.hints.push_back(absl::StrCat(folder, ": ", hint));
    const bool alone = drafts.size() == 1;
    for (PipelineDraft& draft : drafts) {
      InitPipeline pipeline;
      pipeline.path = places_.Place(folder, alone, draft);
      MakeRelative(fs::path(pipeline.path).parent_path().string(), draft.manifest);
      pipeline.draft = std::move(draft);
      pipeline.text = ManifestText(pipeline.draft);
      report_.pipelines.push_back(std::move(pipeline));
    }
  }

  void Settle(InitPipeline& pipeline) const {
    std::error_code error;
    if (fs::exists(pipeline.path, error) && !options_.force) {
      pipeline.outcome = InitOutcome::kKept;
      pipeline.problem = "is there; --force writes it anew";
      return;
    }
    if (options_.dry_run) return;
    const absl::Status written = Write(pipeline.path, pipeline.text);
    pipeline.outcome = written.ok() ? InitOutcome::kWritten : InitOutcome::kFailed;
    pipeline.problem = std::string(written.message());
  }

  const InitOptions& options_;
  ManifestPlaces places_;
  InitReport report_;
};

}  // namespace

bool InitReport::ok() const {
  return std::all_of(pipelines.begin(), pipelines.end(),
                     [](const auto& p) { return p.outcome != InitOutcome::kFailed; }) &&
         std::all_of(left_out.begin(), left_out.end(), [](const auto& om) { return !om.broken; });
}

absl::StatusOr<InitReport> RunInit(const InitOptions& options) {
  return Initialiser(options).Run();
}

}  // namespace omserve
