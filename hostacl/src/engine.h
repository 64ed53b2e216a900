// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "acl/acl_base.h"
#include "om_file.h"

namespace hostacl {

// The graph of one .om, compiled for the CPU once per gear. All loads of the same content on one
// device share it. Owned by the loads. Thread-safe.
class Engine {
 public:
  // The engine of `model` on `device`, compiled now unless a live load has it already. Null and a
  // message in `problem` when the graph cannot be compiled.
  static std::shared_ptr<Engine> Obtain(const OmModel& model, int device, std::string* problem);

  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

 private:
  friend class Session;
  struct Graphs;
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

  // Computes at `batch`, a gear of the model. Every input points at BytesAt(batch) bytes; the
  // outputs are resized to theirs. False and a message in `problem` on an engine fault.
  bool Run(uint64_t batch, const std::vector<const uint8_t*>& inputs,
           std::vector<std::vector<uint8_t>>* outputs, std::string* problem);

 private:
  struct Requests;
  const OmModel* const model_;
  const std::shared_ptr<Engine> engine_;
  const std::unique_ptr<Requests> requests_;
};

}  // namespace hostacl
