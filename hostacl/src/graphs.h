// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Only the engine's own files include this.
#pragma once

#include <map>
#include <memory>
#include <openvino/openvino.hpp>
#include <string>
#include <thread>
#include <vector>

#include "engine.h"
#include "mutex.h"

namespace hostacl {

// The engine of the process. Never destroyed: its own threads outlive static destruction.
ov::Core& EngineCore();

// The compiled graphs of an engine, and the graph that they are compiled from while one is still
// missing. Owned by Engine. Thread-safe; OpenVINO's exceptions leave it.
class Engine::Graphs {
 public:
  // Reads the graph. Null and a message when it has other inputs or outputs than the model.
  static std::unique_ptr<Graphs> Read(const OmModel& model, std::string* problem);
  Graphs(const OmModel& model, std::shared_ptr<ov::Model> graph);
  // Stops the background.
  ~Graphs();
  Graphs(const Graphs&) = delete;
  Graphs& operator=(const Graphs&) = delete;

  // For a graph without operators: by output, the input that it gives back. Else empty.
  const std::vector<size_t>& passed() const { return passed_; }

  // The graph at `gear`, compiled now when it is missing.
  ov::CompiledModel At(size_t gear) HOSTACL_EXCLUDES(mutex_);
  // Compiles the gears that are missing on a thread of its own.
  void CompileInBackground();
  size_t compiled() HOSTACL_EXCLUDES(mutex_);
  // Waits until no gear is missing. False when the deadline passed first.
  bool WaitForAll(TimePoint deadline) HOSTACL_EXCLUDES(mutex_);

 private:
  const size_t gears_;
  const std::vector<size_t> passed_;
  std::vector<std::vector<std::vector<int64_t>>> dims_;  // by gear, of each input
  Mutex mutex_;
  CondVar changed_;                                              // one more is compiled
  std::shared_ptr<ov::Model> graph_ HOSTACL_GUARDED_BY(mutex_);  // null when none is missing
  std::map<size_t, ov::CompiledModel> compiled_ HOSTACL_GUARDED_BY(mutex_);
  std::jthread background_;
};

}  // namespace hostacl
