// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// How a pipeline that comes or goes gets along with those that run.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/batching/batch_engine.h"

namespace omserve {
namespace {

// A borrower may have one part in this many, and one, of a device that others want.
constexpr int kRest = 4;
constexpr absl::Duration kGlance = absl::Milliseconds(100);

}  // namespace

void BatchEngine::RemovePipeline(scheduling::PipelineId pipeline) {
  MutexLock lock(mutex_);
  if (OnDevices(pipeline)) return;
  const scheduling::StageTable::Pipeline& gone = scheduler_.table().pipeline(pipeline);
  const scheduling::StageId first = gone.first;
  const scheduling::StageId end = gone.first + gone.count;
  if (!scheduler_.RemovePipeline(pipeline)) return;
  for (scheduling::StageId id = first; id < end; ++id) stages_[static_cast<size_t>(id)] = nullptr;
}

bool BatchEngine::quiet() const {
  MutexLock lock(mutex_);
  return scheduler_.jobs() == 0 && batches_.empty();
}

absl::StatusOr<BatchEngine::Loan> BatchEngine::Borrow(size_t device, absl::Duration patience) {
  const auto id = static_cast<scheduling::DeviceId>(device);
  MutexLock lock(mutex_);
  Lending& lending = lending_[device];
  const absl::Time force = Now() + patience;
  while (true) {
    if (scheduler_.fenced(id)) {
      return absl::UnavailableError(
          absl::StrCat("device ", devices_.device(device).id(), " has failed"));
    }
    const absl::Time now = Now();
    const absl::Duration rest = kRest * (lending.given_back - lending.taken);
    const bool wanted = lending.formed != scheduler_.formed() || !scheduler_.Idle(id);
    const absl::Time due = wanted ? lending.given_back + rest : now;
    if (!lending.lent && now >= due) {
      // From 'force' on nothing new comes, and what is there leaves.
      if (now >= force) scheduler_.Hold(id);
      if (scheduler_.Empty(id) && (now >= force || scheduler_.Idle(id))) break;
    }
    absl::Duration wait = kGlance;
    for (const absl::Time next : {due, force}) {
      if (next > now) wait = std::min(wait, next - now);
    }
    left_.WaitFor(mutex_, wait);
  }
  scheduler_.Hold(id);
  lending.lent = true;
  lending.taken = Now();
  lending.formed = scheduler_.formed();
  return Loan(*this, device);
}

void BatchEngine::GiveBack(size_t device) {
  Aftermath after;
  {
    MutexLock lock(mutex_);
    scheduler_.Release(static_cast<scheduling::DeviceId>(device));
    lending_[device].lent = false;
    lending_[device].given_back = Now();
    Turn(after);
    left_.NotifyAll();
  }
  Conclude(after);
}

}  // namespace omserve
