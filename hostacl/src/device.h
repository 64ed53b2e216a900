// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

#include "arena.h"
#include "device_list.h"
#include "engine_log.h"
#include "fault_plan.h"
#include "mutex.h"
#include "profile.h"
#include "timeline.h"

namespace hostacl {

// One acted NPU: its memory and its engines. One engine computes, for all streams in turn; two
// more copy, one in each direction between host and device. So two executions never overlap, nor
// do two copies of one direction, but an execution, a copy in and a copy out do.
// A copy within the device takes its turn on the compute engine: it lives off the same memory
// bandwidth as the running model, and nothing published says how much the two can overlap.
// Owned by Runtime from aclInit to aclFinalize. Thread-safe.
class Device {
 public:
  // `id` is what the process calls it. `profile`, `faults` and `log` may be null and outlive the
  // device.
  Device(int id, const DeviceSpec& spec, const Profile* profile, FaultPlan* faults, EngineLog* log)
      : id_(id),
        spec_(spec),
        profile_(profile),
        faults_(faults),
        engine_log_(log),
        arena_(spec.memory) {}

  int id() const { return id_; }
  int physical_id() const { return spec_.physical; }
  const std::string& soc() const { return spec_.soc; }
  // Was the chip named by someone? Then models for other chips are refused.
  bool soc_given() const { return spec_.soc_given; }
  const Profile* profile() const { return profile_; }
  FaultPlan* faults() const { return faults_; }
  EngineLog* engine_log() const { return engine_log_; }
  Arena& arena() { return arena_; }
  Timeline& compute_engine() { return compute_; }
  Timeline& copy_engine(CopyWay way) {
    if (way == CopyWay::kHostToDevice) return to_device_;
    return way == CopyWay::kDeviceToHost ? to_host_ : compute_;
  }
  // Held while a graph computes: a device runs one model at a time.
  Mutex& compute() { return compute_.turn(); }
  // Live events that take a resource of the device.
  std::atomic<size_t>& events() { return events_; }

 private:
  const int id_;
  const DeviceSpec spec_;
  const Profile* const profile_;
  FaultPlan* const faults_;
  EngineLog* const engine_log_;
  Arena arena_;
  Timeline compute_;
  Timeline to_device_;
  Timeline to_host_;
  std::atomic<size_t> events_{0};
};

}  // namespace hostacl
