// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/batching/acl_on_plan.h"

#include <dlfcn.h>

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "acl/acl.h"
#include "pipelines/base/mutex.h"

#define ON_PLAN __attribute__((visibility("default")))

namespace {

using omserve::MutexLock;

constexpr absl::Duration kLimit = absl::Seconds(30);

omserve::Mutex mutex;
omserve::CondVar changed;
bool held ABSL_GUARDED_BY(mutex) = false;
int runs ABSL_GUARDED_BY(mutex) = 0;
int fail_error ABSL_GUARDED_BY(mutex) = 0;
int fail_count ABSL_GUARDED_BY(mutex) = 0;

}  // namespace

extern "C" {

ON_PLAN aclError aclmdlExecuteAsync(uint32_t id, const aclmdlDataset* input, aclmdlDataset* output,
                                    aclrtStream stream) {
  static const auto real =
      reinterpret_cast<decltype(&aclmdlExecuteAsync)>(dlsym(RTLD_NEXT, "aclmdlExecuteAsync"));
  {
    MutexLock lock(mutex);
    ++runs;
    changed.NotifyAll();
    const absl::Time deadline = absl::Now() + kLimit;
    while (held && absl::Now() < deadline) changed.WaitFor(mutex, deadline - absl::Now());
    if (fail_count > 0) {
      --fail_count;
      return fail_error;
    }
  }
  return real(id, input, output, stream);
}

ON_PLAN void AclPlanHold() {
  MutexLock lock(mutex);
  held = true;
}

ON_PLAN void AclPlanRelease() {
  MutexLock lock(mutex);
  held = false;
  changed.NotifyAll();
}

ON_PLAN bool AclPlanWaitRuns(int count) {
  MutexLock lock(mutex);
  const absl::Time deadline = absl::Now() + kLimit;
  while (runs < count && absl::Now() < deadline) changed.WaitFor(mutex, deadline - absl::Now());
  return runs >= count;
}

ON_PLAN int AclPlanRuns() {
  MutexLock lock(mutex);
  return runs;
}

ON_PLAN void AclPlanFail(int error, int count) {
  MutexLock lock(mutex);
  fail_error = error;
  fail_count = count;
}

ON_PLAN void AclPlanReset() {
  MutexLock lock(mutex);
  held = false;
  runs = 0;
  fail_count = 0;
  changed.NotifyAll();
}
}
