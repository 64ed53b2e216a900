// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/profile.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/status_macros.h"
#include "server/base/keep_for_ever.h"
#include "server/device/acl_api.h"
#include "server/device/acl_status.h"
#include "server/device/device_set.h"
#include "server/doctor/om_folder.h"
#include "server/doctor/progress.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

// The folder of the library that the loader takes; empty when it cannot be told.
std::string FolderOfLibrary(const std::string& library) {
  const auto api = AclApi::Load(library);
  Dl_info found;
  if (!api.ok() || dladdr(reinterpret_cast<const void*>((*api)->aclInit), &found) == 0) return {};
  return fs::weakly_canonical(found.dli_fname).parent_path().string();
}

absl::Status Write(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  if (!file) return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  return absl::OkStatus();
}

class Profiler {
 public:
  explicit Profiler(const ProfileOptions& options)
      : options_(options), clock_(Clock::Real()), golden_folder_(options.out + "/golden") {}

  absl::StatusOr<ProfileReport> Run() {
    OMSERVE_ASSIGN_OR_RETURN(const std::vector<std::string> paths, FindOmFiles(options_.models));
    OMSERVE_ASSIGN_OR_RETURN(
        devices_,
        DeviceSet::Create({.library_path = options_.acl_library, .config_path = ""}, {}, clock_));
    OMSERVE_RETURN_IF_ERROR(LookAtDevice());
    std::error_code error;
    fs::create_directories(golden_folder_, error);
    if (error) {
      return absl::UnavailableError(absl::StrCat(golden_folder_, ": ", error.message()));
    }
    Progress progress("measuring", static_cast<int>(paths.size()), options_.progress);
    for (const std::string& path : paths) {
      progress.Next(path);
      report_.models.push_back(Measure(path));
      if (hangs_) break;
    }
    OMSERVE_RETURN_IF_ERROR(WriteFiles());
    // A device that hangs cannot be finalised; what it still uses stays.
    hangs_ ? KeepForEver(std::move(devices_)) : devices_.reset();
    if (options_.conformance && !hangs_) Conform();
    report_.report_path = options_.out + "/report.json";
    OMSERVE_RETURN_IF_ERROR(Write(report_.report_path, ProfileJson(report_)));
    return std::move(report_);
  }

 private:
  absl::Status LookAtDevice() {
    if (options_.device >= devices_->size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--device: ", options_.device, ", but there are ", devices_->size(), " devices"));
    }
    Device& device = devices_->device(options_.device);
    OMSERVE_RETURN_IF_ERROR(device.Bind());
    report_.chip = device.soc_name();
    report_.library = devices_->acl_version();
    OMSERVE_ASSIGN_OR_RETURN(const Device::MemoryInfo memory, device.memory());
    report_.device_memory = memory.total;
    absl::StatusOr<CopySpeed> copies = MeasureCopies(*devices_, options_.device);
    if (copies.ok()) {
      report_.copies = *copies;
    } else {
      report_.problems.push_back(absl::StrCat("copies: ", copies.status().message()));
    }
    return absl::OkStatus();
  }

  ModelTimes Measure(const std::string& path) {
    ModelTimes times;
    const fs::path models(options_.models);
    std::error_code error;
    const fs::path root = fs::is_directory(models, error) ? models : models.parent_path();
    times.om = fs::path(path).lexically_relative(root.lexically_normal()).string();
    if (root.empty()) times.om = path;
    times.name = fs::path(path).stem().string();
    auto trial = ModelTrial::Load(*devices_, options_.device, path, clock_);
    absl::Status status = trial.status();
    if (trial.ok()) {
      times.load = (*trial)->load_time();
      status = MeasureGears(**trial, path, times);
      if (IsWaitTimeout(status)) {
        hangs_ = true;
        KeepForEver(*std::move(trial));
      }
    }
    times.problem = std::string(status.message());
    return times;
  }

  absl::Status MeasureGears(ModelTrial& trial, const std::string& path, ModelTimes& times) {
    for (const int gear : trial.info().gears) {
      OMSERVE_ASSIGN_OR_RETURN(const GearTime time,
                               MeasureGear(trial, gear, options_.timing, clock_));
      if (times.gears.empty()) {
        times.first_run_more = std::max(time.first - time.median, absl::ZeroDuration());
      }
      times.gears.push_back(time);
    }
    return KeepGolden(trial, path, times.om);
  }

  absl::Status KeepGolden(ModelTrial& trial, const std::string& path, const std::string& om) {
    for (const int gear : trial.info().gears) {
      OMSERVE_ASSIGN_OR_RETURN(GoldenModel golden,
                               MakeGolden(trial, gear, path, om, golden_folder_, options_.seed));
      golden_.models.push_back(std::move(golden));
      if (!options_.golden_all) break;
    }
    return absl::OkStatus();
  }

  absl::Status WriteFiles() {
    golden_.chip = report_.chip;
    golden_.library = report_.library;
    OMSERVE_RETURN_IF_ERROR(WriteGoldenIndex(golden_folder_, golden_));
    report_.golden_folder = golden_folder_;
    report_.profile_path = options_.out + "/profile.json";
    return Write(report_.profile_path, TimingProfile(report_));
  }

  void Conform() {
    const std::string folder = options_.conformance_folder.empty() ? DefaultConformanceFolder()
                                                                   : options_.conformance_folder;
    const auto programs = FindConformance(folder);
    if (!programs.ok()) {
      report_.problems.emplace_back(programs.status().message());
      return;
    }
    const std::string library = FolderOfLibrary(options_.acl_library);
    Progress progress("conformance", static_cast<int>(programs->size()), options_.progress);
    for (const std::string& program : *programs) {
      progress.Next(program);
      report_.conformance.push_back(
          RunConformance(program, library, options_.out + "/conformance"));
    }
  }

  const ProfileOptions& options_;
  const Clock& clock_;
  const std::string golden_folder_;
  std::unique_ptr<DeviceSet> devices_;
  ProfileReport report_;
  GoldenSet golden_;
  bool hangs_ = false;
};

}  // namespace

bool ProfileReport::ok() const {
  return problems.empty() &&
         std::all_of(models.begin(), models.end(),
                     [](const auto& m) { return m.problem.empty(); }) &&
         std::all_of(conformance.begin(), conformance.end(),
                     [](const auto& c) { return c.problem.empty() && c.failures.empty(); });
}

absl::StatusOr<ProfileReport> RunProfile(const ProfileOptions& options) {
  return Profiler(options).Run();
}

}  // namespace omserve
