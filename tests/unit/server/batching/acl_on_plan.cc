// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/batching/acl_on_plan.h"

#include <dlfcn.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "acl/acl.h"

#define ON_PLAN __attribute__((visibility("default")))

namespace {

constexpr auto kLimit = std::chrono::seconds(30);

std::mutex mutex;
std::condition_variable changed;
bool held = false;
int runs = 0;
int fail_error = 0;
int fail_count = 0;

}  // namespace

extern "C" {

ON_PLAN aclError aclmdlExecuteAsync(uint32_t id, const aclmdlDataset* input, aclmdlDataset* output,
                                    aclrtStream stream) {
  static const auto real =
      reinterpret_cast<decltype(&aclmdlExecuteAsync)>(dlsym(RTLD_NEXT, "aclmdlExecuteAsync"));
  {
    std::unique_lock<std::mutex> lock(mutex);
    ++runs;
    changed.notify_all();
    changed.wait_for(lock, kLimit, [] { return !held; });
    if (fail_count > 0) {
      --fail_count;
      return fail_error;
    }
  }
  return real(id, input, output, stream);
}

ON_PLAN void AclPlanHold() {
  std::lock_guard<std::mutex> lock(mutex);
  held = true;
}

ON_PLAN void AclPlanRelease() {
  std::lock_guard<std::mutex> lock(mutex);
  held = false;
  changed.notify_all();
}

ON_PLAN bool AclPlanWaitRuns(int count) {
  std::unique_lock<std::mutex> lock(mutex);
  return changed.wait_for(lock, kLimit, [count] { return runs >= count; });
}

ON_PLAN int AclPlanRuns() {
  std::lock_guard<std::mutex> lock(mutex);
  return runs;
}

ON_PLAN void AclPlanFail(int error, int count) {
  std::lock_guard<std::mutex> lock(mutex);
  fail_error = error;
  fail_count = count;
}

ON_PLAN void AclPlanReset() {
  std::lock_guard<std::mutex> lock(mutex);
  held = false;
  runs = 0;
  fail_count = 0;
  changed.notify_all();
}
}
