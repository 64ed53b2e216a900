// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acl/acl_base.h"
#include "digest.h"
#include "mutex.h"

namespace hostacl {

enum class TaskKind { kExecute, kCopy };

// Some bytes that someone else keeps.
struct ByteView {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

// A task that begins to run, as rules see it.
struct TaskFacts {
  TaskKind kind = TaskKind::kExecute;
  int device = 0;                     // visible id
  std::string_view model = {};        // of an execution
  std::vector<ByteView> inputs = {};  // of an execution
  uint64_t rows = 1;                  // into which an input may split evenly: the batch
};

// One rule of a fault plan: what it watches, when it strikes, what it does. The keys are in
// hostacl/profiles/README.md. A value; immutable after Read, and then thread-safe.
struct FaultRule {
  static constexpr Clock::duration kForEver = Clock::duration::max();

  std::string name;  // in messages: its "name", or "#2"
  // What it watches: a call, or the tasks that begin to run.
  std::string call;              // a function, or the beginning of some with '*'; empty: tasks
  std::optional<TaskKind> kind;  // of the tasks; nothing: any
  std::optional<int> device;
  std::string model;
  std::optional<Digest> input_digest;  // of a whole input or of one of its rows
  std::vector<uint8_t> input_bytes;    // that occur anywhere in an input
  // When: counted per device over all that it watches, from 1.
  uint64_t nth = 0;        // this one only
  uint64_t every = 0;      // this one, twice this one, ...
  double probability = 1;  // by lot
  uint64_t seed = 0;
  uint64_t times = 0;  // not more than this often a device; 0: no limit
  Clock::duration from{0};
  Clock::duration until = kForEver;  // since aclInit
  // What it does.
  aclError error = ACL_SUCCESS;
  bool lost = false;  // the device, from then on
  bool abort = false;
  std::optional<Clock::duration> hang;
  double slow = 1;
  uint64_t corrupt_bits = 0;

  // Reads rule `index` of the list; a finding goes to `problem` with its place. `seed` is the
  // plan's, for a rule without its own.
  static FaultRule Read(const nlohmann::json& object, size_t index, uint64_t seed,
                        std::string* problem);

  bool WatchesCall(std::string_view function, int on_device) const;
  bool WatchesTask(const TaskFacts& task) const;
  // Does it strike the `count`-th that it watches on `on_device`? A matter of the arguments alone.
  bool StrikesAt(uint64_t count, int on_device) const;
  // Numbers for the count-th strike that look random and are the same each run.
  uint64_t LotAt(uint64_t count, int on_device) const;
};

// Flips `bits` bits of `outputs`, at places that `seed` alone decides.
void FlipBits(uint64_t bits, uint64_t seed, const std::vector<std::span<uint8_t>>& outputs);

}  // namespace hostacl
