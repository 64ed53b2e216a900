// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/device_recovery.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/base/keep_for_ever.h"
#include "server/batching/rehearsal.h"
#include "server/batching/shadow_check.h"
#include "server/device/acl_status.h"

namespace omserve {

absl::StatusOr<DeviceRecovery::Answer> DeviceRecovery::Ask(const EngineStage& stage,
                                                           size_t device) {
  ScopedBind bind(devices_.device(device));
  OMSERVE_RETURN_IF_ERROR(bind.status());
  OMSERVE_ASSIGN_OR_RETURN(Rehearsal rehearsal,
                           Rehearsal::Create(stage, device, devices_, Rehearsal::Inputs::kKnown));
  absl::StatusOr<Answer> answer = rehearsal.Answer(stage.info().gears.front());
  if (!answer.ok() && IsWaitTimeout(answer.status())) {
    stuck_.store(true);
    KeepForEver(std::make_unique<Rehearsal>(std::move(rehearsal)));
  }
  return answer;
}

absl::Status DeviceRecovery::Add(EngineStage& stage) {
  Known known;
  known.stage = &stage;
  MutexLock lock(mutex_);
  for (size_t device = 0; device < devices_.size(); ++device) {
    if (!stage.on(device)) continue;
    OMSERVE_ASSIGN_OR_RETURN(known.answers[device], Ask(stage, device));
  }
  known_.push_back(std::move(known));
  return absl::OkStatus();
}

void DeviceRecovery::Forget(EngineStage& stage, bool idle) {
  MutexLock lock(mutex_);
  std::erase_if(known_, [&stage](const Known& known) { return known.stage == &stage; });
  for (size_t device = 0; idle && device < devices_.size(); ++device) {
    // A reset that comes now must find nothing of it, and nothing may be unloaded after it.
    if (stage.on(device) && !devices_.device(device).healthy()) stage.Unload(device);
  }
}

absl::Status DeviceRecovery::Recover(size_t device) {
  MutexLock lock(mutex_);
  OMSERVE_RETURN_IF_ERROR(mover_.Release(device));
  for (const Known& known : known_) {
    if (known.stage->on(device)) known.stage->Unload(device);
  }
  OMSERVE_RETURN_IF_ERROR(devices_.device(device).Reset());
  for (const Known& known : known_) {
    if (known.stage->on(device)) OMSERVE_RETURN_IF_ERROR(known.stage->Load(device));
  }
  for (const Known& known : known_) {
    if (!known.stage->on(device)) continue;
    OMSERVE_RETURN_IF_ERROR(Check(*known.stage, device, known.answers.at(device)));
  }
  return absl::OkStatus();
}

absl::Status DeviceRecovery::Check(const EngineStage& stage, size_t device,
                                   const Answer& expected) {
  OMSERVE_ASSIGN_OR_RETURN(const Answer answer, Ask(stage, device));
  for (size_t i = 0; i < expected.size(); ++i) {
    const double difference = ShadowCheck::Difference(expected[i], answer[i]);
    if (difference <= tolerance_) continue;
    return absl::DataLossError(absl::StrCat("stage ", stage.pipeline(), "/", stage.spec().name,
                                            " gives another answer than before the reset, output ",
                                            stage.info().outputs[i].name, ": difference ",
                                            difference, " (limit ", tolerance_, ")"));
  }
  return absl::OkStatus();
}

}  // namespace omserve
