// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The gear setters of acl/acl_mdl.h.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acl/acl_mdl.h"
#include "call.h"
#include "dataset.h"
#include "failure.h"
#include "gear_buffer.h"
#include "model.h"
#include "runtime.h"

namespace hostacl {
namespace {

// The call of one setter. A value on its stack.
struct Setter {
  const char* function;
  GearKind kind;
  std::shared_ptr<LoadedModel> model = nullptr;
  std::shared_ptr<Dataset> dataset = nullptr;
  DataBuffer::View view = {};
};

const char* KindName(GearKind kind) {
  switch (kind) {
    case GearKind::kBatch:
      return "batch gears (aclmdlSetDynamicBatchSize)";
    case GearKind::kImage:
      return "image size gears (aclmdlSetDynamicHWSize)";
    case GearKind::kDims:
      return "dims gears (aclmdlSetInputDynamicDims)";
    case GearKind::kNone:
      break;
  }
  return "no gears";
}

// Checks all but the gear: the model, the dataset, and that the buffer of the gear is there.
// `given` says that the setter's own arguments are neither null nor zero.
aclError Begin(uint32_t id, aclmdlDataset* dataset, size_t index, bool given, Setter* setter) {
  if (const aclError error = FindLoadedModel(id, &setter->model)) return error;
  const OmModel& om = setter->model->om();
  setter->dataset = Datasets().Find(dataset);
  if (setter->dataset == nullptr || !given) {
    return Fail(ACL_ERROR_INVALID_PARAM, setter->function,
                ": null or destroyed dataset, or a gear that is null or zero");
  }
  if (om.kind == GearKind::kNone) {
    return Fail(ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID, setter->function, ": model ", om.name,
                " has no gears");
  }
  const auto handles = setter->dataset->buffers();
  if (index != om.inputs.size() || index >= handles.size()) {
    return Fail(ACL_ERROR_INVALID_PARAM, setter->function, ": index ", index,
                " is not the one of " ACL_DYNAMIC_TENSOR_NAME ", or the dataset lacks it");
  }
  const auto buffer = DataBuffers().Find(handles[index]);
  setter->view = buffer == nullptr ? DataBuffer::View{} : buffer->Get();
  if (setter->view.address == nullptr ||
      !setter->model->context()->device()->arena().Owns(setter->view.address)) {
    return Fail(ACL_ERROR_GE_DYNAMIC_INPUT_ADDR_INVALID, setter->function,
                ": the " ACL_DYNAMIC_TENSOR_NAME " buffer of ", om.name,
                " is null or no memory of the model's device");
  }
  return ACL_SUCCESS;
}

// Leaves the gear in the buffer, in the dataset and in the model.
aclError Set(const Setter& setter, const std::vector<uint64_t>& values) {
  const OmModel& om = setter.model->om();
  Arena& arena = setter.model->context()->device()->arena();
  const size_t needed = om.gear_values() * sizeof(uint32_t);
  const PinnedRange range{.address = setter.view.address, .size = setter.view.size};
  uint8_t* bytes = setter.view.size < needed ? nullptr : arena.Pin(range);
  if (bytes == nullptr) {
    return Fail(ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID, setter.function,
                ": the " ACL_DYNAMIC_TENSOR_NAME " buffer of ", om.name, " with ", setter.view.size,
                " bytes is smaller than ", needed, ", or leaves its allocation");
  }
  aclError result = ACL_SUCCESS;
  const std::optional<size_t> gear = om.kind == setter.kind ? om.FindGear(values) : std::nullopt;
  if (gear) {
    WriteGear(values, bytes, setter.view.size);
    setter.dataset->set_gear(values);
    setter.model->info()->gear.store(*gear);
  } else if (om.kind != setter.kind) {
    result = Fail(ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID, setter.function, ": model ", om.name,
                  " has ", KindName(om.kind));
  } else {
    std::string known;
    for (size_t i = 0; i < om.gears.size(); ++i) known += (i == 0 ? "" : "; ") + om.GearText(i);
    result = Fail(ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID, setter.function, ": ", GearText(values),
                  " is no gear of ", om.name, ", which has ", known, "; pad to the next one");
  }
  arena.Unpin(range);
  return result;
}

// The values of the -1 dims out of all dims of all inputs.
aclError PickDims(const Setter& setter, const aclmdlIODims& dims, std::vector<uint64_t>* values) {
  const OmModel& om = setter.model->om();
  size_t expected = 0;
  for (const OmTensor& input : om.inputs) expected += input.dims.size();
  if (dims.dimCount != expected) {
    return Fail(ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID, setter.function, ": ", dims.dimCount,
                " dims, while all inputs of ", om.name, " together have ", expected,
                "; give the static ones too");
  }
  size_t next = 0;
  for (const OmTensor& input : om.inputs) {
    for (const int64_t dim : input.dims) {
      const int64_t given = dims.dims[next++];
      if (dim == -1) {
        values->push_back(static_cast<uint64_t>(given));
      } else if (given != dim) {
        return Fail(ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID, setter.function, ": dim ", next - 1,
                    " is ", given, ", but a static ", dim, " of input ", input.name, " in ",
                    om.name);
      }
    }
  }
  return ACL_SUCCESS;
}

}  // namespace
}  // namespace hostacl

using hostacl::CallKind;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::GearKind;
using hostacl::Setter;

aclError aclmdlSetDynamicBatchSize(uint32_t modelId, aclmdlDataset* dataset, size_t index,
                                   uint64_t batchSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  Setter setter{.function = "aclmdlSetDynamicBatchSize", .kind = GearKind::kBatch};
  const aclError error = hostacl::Begin(modelId, dataset, index, batchSize > 0, &setter);
  if (error != ACL_SUCCESS) return error;
  return hostacl::Set(setter, {batchSize});
}

aclError aclmdlSetDynamicHWSize(uint32_t modelId, aclmdlDataset* dataset, size_t index,
                                uint64_t height, uint64_t width) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  Setter setter{.function = "aclmdlSetDynamicHWSize", .kind = GearKind::kImage};
  const bool given = height > 0 && width > 0;
  const aclError error = hostacl::Begin(modelId, dataset, index, given, &setter);
  if (error != ACL_SUCCESS) return error;
  return hostacl::Set(setter, {height, width});
}

aclError aclmdlSetInputDynamicDims(uint32_t modelId, aclmdlDataset* dataset, size_t index,
                                   const aclmdlIODims* dims) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  Setter setter{.function = "aclmdlSetInputDynamicDims", .kind = GearKind::kDims};
  const bool given = dims != nullptr && dims->dimCount > 0;
  const aclError error = hostacl::Begin(modelId, dataset, index, given, &setter);
  if (error != ACL_SUCCESS) return error;
  if (dims->dimCount > ACL_MAX_DIM_CNT) {
    return Fail(ACL_ERROR_STORAGE_OVER_LIMIT, "aclmdlSetInputDynamicDims: ", dims->dimCount,
                " dims; at most 128 have room");
  }
  std::vector<uint64_t> values;
  if (const aclError bad = hostacl::PickDims(setter, *dims, &values)) return bad;
  return hostacl::Set(setter, values);
}
