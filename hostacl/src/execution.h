// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "acl/acl_mdl.h"
#include "arena.h"
#include "dataset.h"
#include "device.h"
#include "model.h"
#include "stream.h"

namespace hostacl {

// One execution of a model: checked and pinned by Prepare, done by Run, ended by its destructor.
// Owned by its call or its task. Single-thread: handed from the caller to the stream.
class Execution {
 public:
  explicit Execution(std::shared_ptr<LoadedModel> model);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // `queue` names the stream, as for LoadedModel::Begin.
  aclError Prepare(const void* queue, const aclmdlDataset* input, aclmdlDataset* output);
  // Takes its turn on the compute engine and the time that the profile gives; under a profile the
  // outputs appear at its end, else as they are computed.
  aclError Run(TaskTime* time);
  // Nothing that takes time on purpose (profile, faults), and a model that takes so little that
  // the wake-up of another thread takes longer.
  bool Brief() const;
  // Run, for one that is brief. REQUIRES: the device's turn to compute.
  aclError RunInTurn(TaskTime* time) HOSTACL_REQUIRES(turn());
  Mutex& turn() const { return model_->context()->device()->compute(); }

 private:
  struct Bound {
    void* address = nullptr;
    uint8_t* bytes = nullptr;  // pinned
    size_t size = 0;           // bytes that may be used
    Use use = Use::kRead;
  };

  // Finds the gear that a setter left in `dataset`.
  aclError TakeGear(Dataset* dataset);
  aclError BindInputs(Dataset* dataset);
  aclError BindOutputs(Dataset* dataset);
  // Pins `view`; the caller's buffer must hold `needed` bytes.
  aclError Bind(DataBuffer::View view, size_t needed, const std::string& name, Use use,
                Bound* bound);
  PinnedRange RangeOf(const Bound& bound) const {
    return {.address = bound.address, .size = bound.size, .use = bound.use, .queue = queue_};
  }
  // What the device may touch behind an output must be nobody else's.
  aclError CheckRooms();
  // Run, with `compute` as ComputeOutputs.
  template <typename Compute>
  aclError RunWith(TaskTime* time, Compute compute);
  // The gear buffer must hold the gear while the model reads it.
  aclError CheckGearBuffer() const;

  const std::shared_ptr<LoadedModel> model_;
  const void* queue_ = nullptr;
  bool begun_ = false;
  size_t gear_ = 0;  // index into OmModel::gears
  std::vector<Bound> inputs_;
  std::vector<Bound> outputs_;
  Bound gear_buffer_;
};

// Writes the outputs of `model` for `inputs` at `gear` to `outputs`, each BytesAt(gear) long: from
// earlier runs where the profile asks for replay, else computed, as Session::Run has it. `took`
// gets the time of the computation alone. REQUIRES: the device's turn to compute.
aclError ComputeOutputs(LoadedModel* model, size_t gear, const std::vector<const uint8_t*>& inputs,
                        const std::vector<uint8_t*>& outputs, Clock::duration* took);

}  // namespace hostacl
