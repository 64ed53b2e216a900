// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acl/acl_base.h"
#include "fault_rule.h"
#include "mutex.h"

namespace hostacl {

// 507014: an execution of `model` ran into the longest time of an operator.
aclError FailOverdue(std::string_view model, Clock::duration limit);

// Faults on plan, read from HOSTACL_FAULTS. What a rule decides depends on its own count of what
// it watches on a device, and on its seed: the same calls meet the same faults in every run, in
// whatever order threads run (rules that name a time also look at the clock). Devices go by their
// visible ids. Owned by Runtime from aclInit to aclFinalize. Thread-safe.
class FaultPlan {
 public:
  // What befalls a task that begins to run.
  struct Blow {
    aclError error = ACL_SUCCESS;  // it fails with this code, and writes nothing
    double slow = 1;               // its times are multiplied by this
    uint64_t corrupt_bits = 0;     // of its outputs
    uint64_t corrupt_seed = 0;
    bool hung = false;  // it waited before it began
  };

  // Null and a message in `problem`, naming rule and key, when the file cannot be used.
  static std::unique_ptr<FaultPlan> Load(const std::string& path, std::string* problem);
  // `begin` is when aclInit ran.
  FaultPlan(std::vector<FaultRule> rules, TimePoint begin);

  // To be asked first thing in the call `function` on `device` (-1: none). The code that the call
  // returns at once, with a recent message; success: go on. May wait, and may end the process.
  aclError AtCall(const char* function, int device) HOSTACL_EXCLUDES(mutex_);
  // To be asked when a task begins to run; waits while it, or the engine under it, hangs.
  // `stop` (may be null) ends the wait when it is set before a Wake. A task whose own hang lasts
  // for `limit` ends with 507014. An error leaves a message.
  Blow AtTask(const TaskFacts& task, const std::atomic<bool>* stop,
              Clock::duration limit = FaultRule::kForEver) HOSTACL_EXCLUDES(mutex_);

  // Success, or the code of a device that is lost, with a recent message.
  aclError CheckDevice(int device) HOSTACL_EXCLUDES(mutex_);
  bool IsLost(int device) HOSTACL_EXCLUDES(mutex_);
  // Hanging tasks look at their `stop` again.
  void Wake() HOSTACL_EXCLUDES(mutex_);
  // Ends every hang, now and later.
  void End() HOSTACL_EXCLUDES(mutex_);

 private:
  struct Strike {
    const FaultRule* rule;
    uint64_t count;  // of what the rule watched on this device
  };
  struct Counter {
    uint64_t watched = 0;
    uint64_t struck = 0;
  };

  // Counts a call or a task on `device` for the rules that watch it: the ones that strike, with
  // their counts. No rule's count depends on another rule.
  std::vector<Strike> Count(const std::vector<bool>& watches, int device) HOSTACL_REQUIRES(mutex_);
  // Waits for the end of the hang; false when `stop` or End came first.
  bool Hang(Clock::duration length, const std::atomic<bool>* stop) HOSTACL_REQUIRES(mutex_);
  aclError FailLost(int device) HOSTACL_REQUIRES(mutex_);

  const std::vector<FaultRule> rules_;
  const TimePoint begin_;
  Mutex mutex_;
  CondVar changed_;
  bool ended_ HOSTACL_GUARDED_BY(mutex_) = false;
  std::map<std::pair<size_t, int>, Counter> counters_ HOSTACL_GUARDED_BY(mutex_);  // rule, device
  std::map<int, aclError> lost_ HOSTACL_GUARDED_BY(mutex_);                        // by device
  // Tasks that hang on an engine, by device and kind: others cannot use it meanwhile.
  std::map<std::pair<int, TaskKind>, int> hanging_ HOSTACL_GUARDED_BY(mutex_);
};

}  // namespace hostacl
