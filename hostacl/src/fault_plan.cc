// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "fault_plan.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>

#include "acl/acl_rt.h"
#include "failure.h"
#include "fault_reach.h"
#include "json_reader.h"

namespace hostacl {
namespace {

[[noreturn]] void AbortOnPlan(const FaultRule& rule, uint64_t count, int device) {
  std::fprintf(stderr,
               "hostacl: HOSTACL_FAULTS rule %s aborts the process (count %llu, device %d)\n",
               rule.name.c_str(), static_cast<unsigned long long>(count), device);
  std::abort();
}

// Calls that are about the process, that name their device themselves, or that only handle things
// of the host (wrappers, datasets, descriptions, options): they do not fail because the device of
// the thread's context is lost.
bool OutlivesItsDevice(std::string_view function) {
  if (function.substr(0, 5) != "aclrt") {
    constexpr std::string_view kDevice[] = {"aclmdlLoad", "aclmdlUnload", "aclmdlExecute",
                                            "aclmdlSetDynamic", "aclmdlSetInputDynamic"};
    return std::none_of(std::begin(kDevice), std::end(kDevice), [&](std::string_view start) {
      return function.substr(0, start.size()) == start;
    });
  }
  constexpr std::string_view kNames[] = {
      "aclrtCreateContext",     "aclrtGetCurrentContext", "aclrtGetDevice",
      "aclrtGetDeviceCount",    "aclrtGetRunMode",        "aclrtGetVersion",
      "aclrtQueryDeviceStatus", "aclrtSetCurrentContext", "aclrtSetDevice"};
  return std::find(std::begin(kNames), std::end(kNames), function) != std::end(kNames);
}

}  // namespace

std::unique_ptr<FaultPlan> FaultPlan::Load(const std::string& path, std::string* problem) {
  nlohmann::json root;
  if (!ReadJsonObject(path, "HOSTACL_FAULTS", &root, problem)) return nullptr;
  std::string finding;
  JsonReader file(root, "", &finding);
  file.Text("source");
  const auto seed = static_cast<uint64_t>(file.Whole("seed", 0, 1LL << 53).value_or(0));
  std::vector<FaultRule> rules;
  const nlohmann::json* list = file.Raw("rules");
  if (list == nullptr || !list->is_array()) {
    file.Complain("rules", "must be there, and be a list of rules: [{\"task\": ...}]");
  } else {
    for (size_t i = 0; i < list->size(); ++i) {
      rules.push_back(FaultRule::Read((*list)[i], i, seed, &finding));
    }
  }
  if (file.Done()) return std::make_unique<FaultPlan>(std::move(rules), Clock::now());
  *problem = "HOSTACL_FAULTS: " + path + ": " + finding;
  return nullptr;
}

aclError FailOverdue(std::string_view model, Clock::duration limit) {
  return Fail(ACL_ERROR_RT_AICORE_TIMEOUT, "execution of ", model, ": an operator ran for ",
              std::chrono::duration_cast<std::chrono::milliseconds>(limit).count(),
              " ms, the longest that is allowed (aclrtSetOpExecuteTimeOut)");
}

FaultPlan::FaultPlan(std::vector<FaultRule> rules, TimePoint begin)
    : rules_(std::move(rules)), begin_(begin) {}

std::vector<FaultPlan::Strike> FaultPlan::Count(const std::vector<bool>& watches, int device) {
  std::vector<Strike> strikes;
  const Clock::duration now = Clock::now() - begin_;
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!watches[i]) continue;
    const FaultRule& rule = rules_[i];
    Counter& counter = counters_[{i, device}];
    const uint64_t count = ++counter.watched;
    if (!rule.StrikesAt(count, device) || now < rule.from || now >= rule.until) continue;
    if (rule.times > 0 && counter.struck >= rule.times) continue;
    ++counter.struck;
    strikes.push_back({&rule, count});
  }
  return strikes;
}

bool FaultPlan::Hang(Clock::duration length, const std::atomic<bool>* stop) {
  const TimePoint begin = Clock::now();
  while (!ended_ && (stop == nullptr || !stop->load())) {
    if (length == FaultRule::kForEver) {
      changed_.Wait(&mutex_);
    } else if (Clock::now() - begin >= length) {
      return true;
    } else {
      changed_.WaitUntil(&mutex_, begin + length);
    }
  }
  return false;
}

aclError FaultPlan::FailLost(int device) {
  const auto lost = lost_.find(device);
  if (lost == lost_.end()) return ACL_SUCCESS;
  return Fail(lost->second, "device ", device, " is lost (HOSTACL_FAULTS); end the process");
}

aclError FaultPlan::AtCall(const char* function, int device) {
  std::vector<bool> watches;
  for (const FaultRule& rule : rules_) watches.push_back(rule.WatchesCall(function, device));
  MutexLock lock(&mutex_);
  if (!OutlivesItsDevice(function)) {
    if (const aclError error = FailLost(device)) return error;
  }
  for (const auto& [rule, count] : Count(watches, device)) {
    if (rule->abort) AbortOnPlan(*rule, count, device);
    if (rule->hang) Hang(*rule->hang, nullptr);
    if (rule->error == ACL_SUCCESS) continue;
    if (rule->lost && device >= 0) lost_.emplace(device, rule->error);
    return Fail(rule->error, function, ": fault on plan: HOSTACL_FAULTS rule ", rule->name,
                ", match ", count, " on device ", device);
  }
  return ACL_SUCCESS;
}

FaultPlan::Blow FaultPlan::AtTask(const TaskFacts& task, const std::atomic<bool>* stop,
                                  Clock::duration limit) {
  // What a rule watches in the inputs takes time to find; nobody waits for it.
  std::vector<bool> watches;
  for (const FaultRule& rule : rules_) watches.push_back(rule.WatchesTask(task));
  Blow blow;
  MutexLock lock(&mutex_);
  int& hanging = hanging_[{task.device, task.kind}];
  while (hanging > 0 && !ended_ && (stop == nullptr || !stop->load())) {
    blow.hung = true;
    changed_.Wait(&mutex_);
  }
  blow.error = FailLost(task.device);
  if (blow.error != ACL_SUCCESS) return blow;
  for (const auto& [rule, count] : Count(watches, task.device)) {
    if (rule->abort) AbortOnPlan(*rule, count, task.device);
    if (rule->hang) {
      blow.hung = true;
      ++hanging;
      const bool in_full = Hang(std::min(*rule->hang, limit), stop);
      --hanging;
      changed_.NotifyAll();
      if (!in_full) {
        blow.error = Fail(kStreamAborted, "the stream was ended while its task hung");
        return blow;
      }
      if (*rule->hang >= limit) {
        blow.error = FailOverdue(task.model, limit);
        return blow;
      }
    }
    blow.slow *= rule->slow;
    blow.corrupt_bits += rule->corrupt_bits;
    if (rule->corrupt_bits > 0) blow.corrupt_seed = rule->LotAt(count, task.device);
    if (rule->error == ACL_SUCCESS) continue;
    if (rule->lost) lost_.emplace(task.device, rule->error);
    blow.error = Fail(rule->error, task.kind == TaskKind::kExecute ? "execution of " : "a copy",
                      task.model, ": fault on plan: HOSTACL_FAULTS rule ", rule->name, ", match ",
                      count, " on device ", task.device);
    return blow;
  }
  return blow;
}

aclError FaultPlan::CheckDevice(int device) {
  MutexLock lock(&mutex_);
  return FailLost(device);
}

bool FaultPlan::IsLost(int device) {
  MutexLock lock(&mutex_);
  return lost_.count(device) > 0;
}

void FaultPlan::Wake() {
  MutexLock lock(&mutex_);
  changed_.NotifyAll();
}

void FaultPlan::End() {
  MutexLock lock(&mutex_);
  ended_ = true;
  changed_.NotifyAll();
}

}  // namespace hostacl
