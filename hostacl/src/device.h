// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

#include "arena.h"
#include "mutex.h"
#include "profile.h"

namespace hostacl {

// One acted NPU: its memory, its single compute engine and its timeline. Owned by Runtime from
// aclInit to aclFinalize. Thread-safe.
class Device {
 public:
  // `profile` may be null and outlives the device.
  Device(int id, size_t memory, const Profile* profile)
      : id_(id), profile_(profile), arena_(memory) {}

  int id() const { return id_; }
  const Profile* profile() const { return profile_; }
  Arena& arena() { return arena_; }
  Timeline& timeline() { return timeline_; }
  // Held while a graph computes: a device runs one model at a time.
  Mutex& compute() { return compute_; }
  // Live events that take a resource of the device.
  std::atomic<size_t>& events() { return events_; }

 private:
  const int id_;
  const Profile* const profile_;
  Arena arena_;
  Timeline timeline_;
  Mutex compute_;
  std::atomic<size_t> events_{0};
};

}  // namespace hostacl
