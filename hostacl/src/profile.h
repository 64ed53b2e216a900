// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "mutex.h"

namespace hostacl {

// How long each model takes on the card that is acted, read from HOSTACL_PROFILE. Owned by
// Runtime, immutable after Load. Thread-safe.
class Profile {
 public:
  // Null and a message in `problem` when the file cannot be used.
  static std::unique_ptr<Profile> Load(const std::string& path, std::string* problem);

  bool replay() const { return replay_; }
  // Zero means: copies take no time of their own.
  double copy_gb_per_s() const { return copy_gb_per_s_; }
  // `gear` as OmModel::GearText writes it. Nothing for a model or a gear that the file does not
  // name.
  std::optional<Clock::duration> Time(const std::string& model, const std::string& gear) const;

 private:
  bool replay_ = false;
  double copy_gb_per_s_ = 0;
  std::map<std::string, std::map<std::string, double>> milliseconds_;
};

// The busy time of one acted device. An execution gets the slot [start, end) that follows the one
// before it, whenever its thread woke up: lateness never adds up. Owned by Device. Thread-safe.
class Timeline {
 public:
  // The slot starts at `ready` or at the end of the slot before; returns its start and moves the
  // device's end to start + length.
  TimePoint Reserve(TimePoint ready, Clock::duration length) HOSTACL_EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  TimePoint end_ HOSTACL_GUARDED_BY(mutex_) = {};
};

// Waits without using the CPU until the absolute time `when`.
void WaitUntil(TimePoint when);

}  // namespace hostacl
