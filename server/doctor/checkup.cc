// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/checkup.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/clock.h"
#include "server/device/acl_api.h"
#include "server/device/device_set.h"
#include "server/device/model.h"

namespace omserve {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 6> kVariables = {
    "ASCEND_HOME_PATH",       "ASCEND_TOOLKIT_HOME",       "ASCEND_OPP_PATH",
    "ASCEND_VISIBLE_DEVICES", "ASCEND_RT_VISIBLE_DEVICES", "LD_LIBRARY_PATH"};
// Where CANN installs itself by default, for root.
constexpr char kDefaultInstall[] = "/usr/local/Ascend/ascend-toolkit";

class Examination {
 public:
  explicit Examination(const CheckupOptions& options) : options_(options) {}

  Checkup Run() {
    if (options_.device) {
      LookAtEnvironment();
      LookAtCards();
      LookAtLibrary();
    }
    if (!options_.model_dir.empty()) LookAtModels();
    if (!options_.paddle_log.empty()) LookAtPaddleLog();
    return std::move(seen_);
  }

 private:
  template <typename... Args>
  void Problem(const char* section, const Args&... args) {
    seen_.problems.push_back({section, absl::StrCat(args...)});
  }
  template <typename... Args>
  void Note(const char* section, const Args&... args) {
    seen_.notes.push_back({section, absl::StrCat(args...)});
  }

  void LookAtEnvironment() {
    for (const char* name : kVariables) {
      const char* value = getenv(name);
      if (value == nullptr) continue;
      seen_.environment.emplace_back(name, value);
      if (std::string_view(name) == "LD_LIBRARY_PATH" && absl::StrContains(value, "/stub")) {
        Problem("library",
                "LD_LIBRARY_PATH has a folder 'stub', whose libraries are for linking "
                "only and answer nothing; take it out");
      }
    }
  }

  void LookAtCards() {
    auto cards = AskNpuSmi();
    if (!cards.ok()) {
      Note("chip", cards.status().message());
      return;
    }
    seen_.cards = *std::move(cards);
    for (const NpuSmiCard& card : seen_.cards) {
      if (card.health != "OK") {
        Problem("chip", "npu-smi calls the health of card ", card.number, " (", card.chip, ") '",
                card.health, "'; `npu-smi info -t health -i ", card.number, "` says more");
      }
    }
  }

  void LookAtLibrary() {
    seen_.library.emplace();
    const auto api = AclApi::Load(options_.acl_library);
    if (!api.ok()) {
      const bool installed = fs::exists(kDefaultInstall);
      Problem("library", api.status().message(),
              installed
                  ? absl::StrCat("; CANN is installed: source ", kDefaultInstall, "/set_env.sh")
                  : "; install CANN, or give hostacl's with --acl-library");
      return;
    }
    Dl_info found;
    if (dladdr(reinterpret_cast<const void*>((*api)->aclInit), &found) != 0) {
      seen_.library->path = fs::weakly_canonical(found.dli_fname).string();
    }
    auto devices = DeviceSet::Create({.library_path = options_.acl_library, .config_path = ""}, {},
                                     Clock::Real());
    if (!devices.ok()) {
      Problem("chip", devices.status().message());
      return;
    }
    devices_ = *std::move(devices);
    seen_.library->version = devices_->acl_version();
    for (size_t i = 0; i < devices_->size(); ++i) {
      const Device& device = devices_->device(i);
      DeviceFacts facts;
      facts.id = device.id();
      facts.chip = device.soc_name();
      const auto memory = device.memory();
      if (memory.ok()) {
        facts.free_bytes = memory->free;
        facts.total_bytes = memory->total;
      } else {
        Problem("chip", "device ", device.id(), ": ", memory.status().message());
      }
      seen_.devices.push_back(std::move(facts));
    }
    if (!seen_.cards.empty() && seen_.cards.size() != seen_.devices.size()) {
      Note("chip", "npu-smi lists ", seen_.cards.size(), " cards and the library sees ",
           seen_.devices.size(), " devices (ASCEND_RT_VISIBLE_DEVICES, or two chips a card)");
    }
  }

  void LookAtModels() {
    std::error_code error;
    std::vector<fs::path> paths;
    fs::recursive_directory_iterator entry(options_.model_dir, error), end;
    while (!error && entry != end) {
      if (entry->path().extension() == ".om") paths.push_back(entry->path());
      entry.increment(error);
    }
    if (error) {
      Problem("models", options_.model_dir, ": ", error.message(), "; give a folder of OM files");
      return;
    }
    if (paths.empty()) Problem("models", options_.model_dir, ": no file *.om in it or below");
    if (!options_.device) Note("models", "not loaded: no device was asked for");
    std::sort(paths.begin(), paths.end());
    for (const fs::path& path : paths) LookAtModel(path);
  }

  void LookAtModel(const fs::path& path) {
    ModelFacts facts;
    facts.path = path.lexically_relative(options_.model_dir).string();
    auto om = ReadOmFacts(path.string());
    if (!om.ok()) {
      Problem("models", om.status().message());
      seen_.models.push_back(std::move(facts));
      return;
    }
    facts.om = *std::move(om);
    if (devices_ != nullptr) {
      Device& device = devices_->device(0);
      const auto model = LoadedModel::Load(device, path.string(), 1);
      if (model.ok()) {
        facts.loads = true;
        facts.info = (*model)->info();
      } else {
        Problem("models", model.status().message());
      }
      if (!facts.om.chip.empty() && facts.om.chip != device.soc_name()) {
        const std::string text = absl::StrCat(
            facts.path, ": compiled for ", facts.om.chip, ", and device ", device.id(), " is an ",
            device.soc_name(), "; compile it with --soc_version=", device.soc_name());
        facts.loads ? Note("models", text) : Problem("models", text);
      }
    }
    seen_.models.push_back(std::move(facts));
  }

  void LookAtPaddleLog() {
    auto scan = ScanPaddleLog(options_.paddle_log);
    if (!scan.ok()) {
      Problem("paddle_log", scan.status().message());
      return;
    }
    if (!scan->missing.empty()) {
      Problem("paddle_log", "operators that run on the CPU: ", scan->missing.size(),
              "; look whether CANN has them (aclnn) and Paddle's adapter "
              "does not, else they must be written for the NPU first");
    } else {
      Note("paddle_log", "no operator falls back; was the log written with GLOG_v=3?");
    }
    if (!scan->saw_step) {
      Note("paddle_log",
           "no line with a loss: let training make one step, backward too, or the list is not "
           "whole");
    }
    if (scan->not_understood > 0) {
      Note("paddle_log", scan->not_understood, " lines speak of a fall-back and name no operator");
    }
    seen_.paddle_log = *std::move(scan);
  }

  const CheckupOptions& options_;
  Checkup seen_;
  std::unique_ptr<DeviceSet> devices_;
};

}  // namespace

Checkup RunCheckup(const CheckupOptions& options) { return Examination(options).Run(); }

}  // namespace omserve
