// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include <map>
#include <openvino/openvino.hpp>
#include <tuple>
#include <utility>

#include "graphs.h"
#include "mutex.h"
#include "request.h"

namespace hostacl {
namespace {

// What a load shares: the device, the content, and the memory that its weights take.
using Key = std::tuple<int, Digest, const void*>;

}  // namespace

struct Session::Requests {
  std::map<size_t, Request> by_gear;
};

Engine::Engine(std::unique_ptr<Graphs> graphs) : graphs_(std::move(graphs)) {}
Engine::~Engine() = default;
size_t Engine::compiled_gears() const { return graphs_->compiled(); }
bool Engine::WaitForGears(TimePoint deadline) const { return graphs_->WaitForAll(deadline); }

std::shared_ptr<Engine> Engine::Obtain(const OmModel& model, int device, const void* weight,
                                       bool lazy, std::string* problem) {
  static Mutex& mutex = *new Mutex();
  static auto& live = *new std::map<Key, std::weak_ptr<Engine>>();
  MutexLock lock(&mutex);
  std::erase_if(live, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<Engine>& slot = live[{device, model.digest, weight}];
  if (std::shared_ptr<Engine> engine = slot.lock()) return engine;
  try {
    std::unique_ptr<Graphs> graphs = Graphs::Read(model, problem);
    if (graphs == nullptr) return nullptr;
    if (!lazy) {
      graphs->At(model.LargestGear());
      if (model.gear_count() > 1) graphs->CompileInBackground();
    }
    std::shared_ptr<Engine> engine(new Engine(std::move(graphs)));
    slot = engine;
    return engine;
  } catch (const std::exception& error) {
    *problem = error.what();
    return nullptr;
  }
}

Session::Session(const OmModel* model, std::shared_ptr<Engine> engine)
    : model_(model), engine_(std::move(engine)), requests_(std::make_unique<Requests>()) {}
Session::~Session() = default;

bool Session::Run(size_t gear, const std::vector<const uint8_t*>& inputs,
                  const std::vector<uint8_t*>& outputs, std::string* problem) {
  try {
    auto request = requests_->by_gear.find(gear);
    if (request == requests_->by_gear.end()) {
      request = requests_->by_gear
                    .try_emplace(gear, model_, gear, engine_->graphs_->At(gear),
                                 engine_->graphs_->passed())
                    .first;
    }
    return request->second.Run(inputs, outputs, problem);
  } catch (const std::exception& error) {
    *problem = error.what();
    return false;
  }
}

}  // namespace hostacl
