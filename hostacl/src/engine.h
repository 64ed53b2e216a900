// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "acl/acl_base.h"
#include "mutex.h"
#include "om_model.h"

namespace hostacl {

// The graph of one .om, compiled for the CPU once per gear. All loads of the same content on one
// device that share their weight memory share it. Owned by the loads. Thread-safe.
class Engine {
 public:
  // The engine of `model`, which has its graph, on `device` with the weights at `weight`, unless a
  // live load has it already: then the graph is read and its largest gear compiled now, the other
  // gears in the background; with `lazy` each at its first use. Null and a message in `problem`
  // when that cannot be done. The graph must have the inputs and outputs that `model` describes.
  static std::shared_ptr<Engine> Obtain(const OmModel& model, int device, const void* weight,
                                        bool lazy, std::string* problem);

  // How many gears are compiled by now.
  size_t compiled_gears() const;
  // Waits until all gears are compiled. False when the deadline passed first, as it does where
  // gears are compiled at their first use.
  bool WaitForGears(TimePoint deadline) const;

  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

 private:
  friend class Session;
  class Graphs;
  explicit Engine(std::unique_ptr<Graphs> graphs);
  const std::unique_ptr<Graphs> graphs_;
};

// The room in which one load computes: its intermediate tensors. Owned by LoadedModel.
// Single-thread: a load executes once at a time.
class Session {
 public:
  // `model` outlives the session.
  Session(const OmModel* model, std::shared_ptr<Engine> engine);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Computes at `gear`, an index into the model's. Every input points at BytesAt(gear) bytes, and
  // so does every output, which the graph may write at any time of the run; an output may lie where
  // an input lies. Memory that is aligned to 64 bytes saves a copy. False and a message in
  // `problem` on an engine fault. The first call at a gear takes longer, where the gear still has
  // to be compiled.
  bool Run(size_t gear, const std::vector<const uint8_t*>& inputs,
           const std::vector<uint8_t*>& outputs, std::string* problem);

 private:
  struct Requests;
  const OmModel* const model_;
  const std::shared_ptr<Engine> engine_;
  const std::unique_ptr<Requests> requests_;
};

}  // namespace hostacl
