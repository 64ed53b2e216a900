// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Runtime's devices: how aclInit makes them and what aclFinalize says about them.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "device_list.h"
#include "environment.h"
#include "failure.h"
#include "runtime.h"

namespace hostacl {
namespace {

double Ms(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

nlohmann::json Describe(Timeline* engine) {
  const Timeline::Tally tally = engine->tally();
  return {{"stages", tally.stages},
          {"busy_ms", Ms(tally.busy)},
          {"overruns", tally.overruns},
          {"overrun_ms", Ms(tally.overrun)},
          {"late_us",
           {{"p50", Ms(tally.late_p50) * 1e3},
            {"p99", Ms(tally.late_p99) * 1e3},
            {"max", Ms(tally.late_max) * 1e3}}}};
}

}  // namespace

aclError Runtime::MakeDevices() {
  std::string problem;
  const std::string profile = TextVariable("HOSTACL_PROFILE", "");
  if (!profile.empty()) {
    profile_ = Profile::Load(profile, &problem);
    if (profile_ == nullptr) return FailWith(ACL_ERROR_INVALID_FILE, problem);
    if (profile_->replay()) {
      replay_ = std::make_unique<ReplayStore>(NumberVariable("HOSTACL_REPLAY_MIB", 2048) << 20);
    }
  }
  const std::string faults = TextVariable("HOSTACL_FAULTS", "");
  if (!faults.empty()) {
    faults_ = FaultPlan::Load(faults, &problem);
    if (faults_ == nullptr) return FailWith(ACL_ERROR_INVALID_FILE, problem);
    has_faults_.store(true);
  }
  if (!TextVariable("HOSTACL_ENGINE_LOG", "").empty()) engine_log_ = std::make_unique<EngineLog>();
  std::vector<DeviceSpec> specs;
  if (!ListDevices(profile_.get(), &specs, &problem)) {
    return FailWith(ACL_ERROR_INVALID_PARAM, problem);
  }
  for (const int physical : VisibleDevices(specs.size())) {
    devices_.push_back(std::make_unique<Device>(static_cast<int>(devices_.size()),
                                                specs[static_cast<size_t>(physical)],
                                                profile_.get(), faults_.get(), engine_log_.get()));
  }
  return ACL_SUCCESS;
}

aclError Runtime::AtCall(const char* function) {
  if (!has_faults_.load()) return ACL_SUCCESS;
  std::shared_ptr<FaultPlan> faults;
  {
    MutexLock lock(&mutex_);
    faults = faults_;
  }
  if (faults == nullptr) return ACL_SUCCESS;
  const std::shared_ptr<Context> context = contexts_.Find(bound_handle());
  return faults->AtCall(function, context == nullptr ? -1 : context->device()->id());
}

const char* Runtime::SocName() {
  static thread_local std::string name;  // what was handed out, until the thread asks again
  MutexLock lock(&mutex_);
  if (initialized_) {
    if (devices_.empty()) return nullptr;
    name = devices_[0]->soc();
    return name.c_str();
  }
  std::string problem;
  std::unique_ptr<Profile> profile;
  const std::string path = TextVariable("HOSTACL_PROFILE", "");
  if (!path.empty()) profile = Profile::Load(path, &problem);
  std::vector<DeviceSpec> specs;
  if (!problem.empty() || !ListDevices(profile.get(), &specs, &problem)) return nullptr;
  const std::vector<int> visible = VisibleDevices(specs.size());
  if (visible.empty()) return nullptr;
  name = specs[static_cast<size_t>(visible[0])].soc;
  return name.c_str();
}

void Runtime::WriteReport() {
  const std::string path = TextVariable("HOSTACL_PROFILE_REPORT", "");
  if (path.empty() || profile_ == nullptr) return;
  nlohmann::json list = nlohmann::json::array();
  for (const auto& device : devices_) {
    list.push_back({{"device", device->id()},
                    {"physical", device->physical_id()},
                    {"compute", Describe(&device->compute_engine())},
                    {"h2d", Describe(&device->copy_engine(CopyWay::kHostToDevice))},
                    {"d2h", Describe(&device->copy_engine(CopyWay::kDeviceToHost))}});
  }
  std::ofstream file(path);
  file << nlohmann::json({{"devices", list}}).dump(2) << "\n";
  if (!file.flush()) std::fprintf(stderr, "hostacl: cannot write %s\n", path.c_str());
}

void Runtime::WriteEngineLog() {
  const std::string path = TextVariable("HOSTACL_ENGINE_LOG", "");
  if (path.empty() || engine_log_ == nullptr) return;
  std::ofstream file(path);
  file << engine_log_->Json();
  if (!file.flush()) std::fprintf(stderr, "hostacl: cannot write %s\n", path.c_str());
}

}  // namespace hostacl
