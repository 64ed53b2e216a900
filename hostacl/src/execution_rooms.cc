// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The room that the device may touch behind the buffers of an execution.
#include <cstdint>
#include <string>

#include "context.h"
#include "device.h"
#include "execution.h"
#include "failure.h"

namespace hostacl {

aclError Execution::CheckRooms() {
  const OmModel& om = model_->om();
  Arena& arena = model_->context()->device()->arena();
  const auto start = [](const Bound& bound) { return reinterpret_cast<uintptr_t>(bound.address); };
  const auto refuse = [&om](const char* kind, const std::string& name, size_t size,
                            const std::string& victim) {
    return Fail(ACL_ERROR_INVALID_PARAM, "model ", om.name, ": the device may touch ",
                Arena::TouchRoom(size), " bytes from the start of ", kind, name, " (", size,
                " bytes: ALIGN_UP(size, 32) + 32), and ", victim,
                " begins there; give every piece of a block that room");
  };
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const size_t size = outputs_[i].size;
    const uintptr_t first = start(outputs_[i]);
    const uintptr_t last = first + Arena::TouchRoom(size);
    for (size_t k = 0; k < outputs_.size(); ++k) {
      if (k != i && start(outputs_[k]) >= first && start(outputs_[k]) < last) {
        return refuse("output ", om.outputs[i].name, size, "output " + om.outputs[k].name);
      }
    }
    for (size_t k = 0; k <= inputs_.size(); ++k) {
      const bool is_gear = k == inputs_.size();
      const Bound& input = is_gear ? gear_buffer_ : inputs_[k];
      const uintptr_t at = start(input);
      const bool hits_input = at > first && at < last;
      const bool hits_output =
          first >= at + input.size && first < at + Arena::TouchRoom(input.size);
      if (!hits_input && !hits_output) continue;
      const std::string name = is_gear ? ACL_DYNAMIC_TENSOR_NAME : om.inputs[k].name;
      if (hits_input) return refuse("output ", om.outputs[i].name, size, "input " + name);
      return refuse("input ", name, input.size, "output " + om.outputs[i].name);
    }
    if (arena.CrossesRoom(RangeOf(outputs_[i]))) {
      return refuse("output ", om.outputs[i].name, size,
                    "memory of a load or of other queued work");
    }
  }
  for (size_t k = 0; k < inputs_.size(); ++k) {
    if (!arena.CrossesRoom(RangeOf(inputs_[k]))) continue;
    return Fail(ACL_ERROR_INVALID_PARAM, "model ", om.name, ": input ", om.inputs[k].name,
                " begins in the ALIGN_UP(size, 32) + 32 bytes that the device may touch for an"
                " output of work on another stream; give every piece of a block that room");
  }
  return ACL_SUCCESS;
}

}  // namespace hostacl
