// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// ComputeOutputs: the engine, and the rows of earlier runs.
#include <algorithm>
#include <cstring>
#include <optional>

#include "execution.h"
#include "failure.h"
#include "runtime.h"

namespace hostacl {
namespace {

using Bytes = std::vector<uint8_t>;

aclError RunEngine(LoadedModel* model, size_t gear, const std::vector<const uint8_t*>& inputs,
                   const std::vector<uint8_t*>& outputs, Clock::duration* took) {
  std::string problem;
  const TimePoint begin = Clock::now();
  const bool good = model->session()->Run(gear, inputs, outputs, &problem);
  *took += Clock::now() - begin;
  if (good) return ACL_SUCCESS;
  return Fail(ACL_ERROR_RT_MODEL_EXECUTE, "model ", model->om().name, ": ", problem);
}

// How a model's tensors split into rows that do not depend on one another.
struct Rows {
  std::vector<size_t> inputs;   // bytes of a row; zero: the tensor belongs to every row
  std::vector<size_t> outputs;  // bytes of a row
  uint64_t count = 0;           // one when the model does not split
};

Rows SplitRows(const OmModel& om, size_t gear) {
  Rows rows;
  rows.count = om.BatchAt(gear);
  const auto splits = [&](const OmTensor& tensor) {
    return !tensor.dims.empty() && tensor.DimsAt(gear)[0] == static_cast<int64_t>(rows.count) &&
           (tensor.dims[0] == -1 || om.kind != GearKind::kBatch);
  };
  if (!std::all_of(om.outputs.begin(), om.outputs.end(), splits) ||
      std::none_of(om.inputs.begin(), om.inputs.end(), splits)) {
    rows.count = 1;
  }
  for (const OmTensor& input : om.inputs) {
    rows.inputs.push_back(rows.count > 1 && splits(input) ? input.BytesAt(gear) / rows.count : 0);
  }
  for (const OmTensor& output : om.outputs) {
    rows.outputs.push_back(output.BytesAt(gear) / rows.count);
  }
  return rows;
}

// The gear that computes `wanted` rows of a call at `gear`.
size_t SmallestGear(const OmModel& om, size_t gear, uint64_t wanted) {
  if (om.kind != GearKind::kBatch) return gear;
  const auto found = std::lower_bound(om.gears.begin(), om.gears.end(), std::vector{wanted});
  return static_cast<size_t>(found - om.gears.begin());
}

}  // namespace

aclError ComputeOutputs(LoadedModel* model, size_t gear, const std::vector<const uint8_t*>& inputs,
                        const std::vector<uint8_t*>& outputs, Clock::duration* took) {
  ReplayStore* store = Runtime::Get().replay();
  if (store == nullptr) return RunEngine(model, gear, inputs, outputs, took);

  const OmModel& om = model->om();
  const Rows rows = SplitRows(om, gear);
  // What all rows share: the model, the gear where it is more than a batch, and the inputs without
  // a batch. A model that does not split is one row, and its batch is part of the key.
  Digest shared = DigestOf(&om.digest, sizeof om.digest);
  if (rows.count == 1 || om.kind != GearKind::kBatch) {
    shared = DigestOf(&gear, sizeof gear, shared);
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (rows.inputs[i] == 0) shared = DigestOf(inputs[i], om.inputs[i].BytesAt(gear), shared);
  }
  std::vector<Digest> keys(rows.count, shared);
  std::vector<std::optional<ReplayStore::Row>> found(rows.count);
  std::vector<uint64_t> missing;
  for (uint64_t row = 0; row < rows.count; ++row) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (rows.inputs[i] == 0) continue;
      keys[row] = DigestOf(inputs[i] + row * rows.inputs[i], rows.inputs[i], keys[row]);
    }
    found[row] = store->Find(keys[row]);
    if (!found[row]) missing.push_back(row);
  }
  if (!missing.empty()) {
    const bool whole = rows.count == 1;
    const size_t least = whole ? gear : SmallestGear(om, gear, missing.size());
    const uint64_t slots = om.BatchAt(least);
    // The missing rows, gathered; the first one fills up the gear.
    std::vector<Bytes> gathered(inputs.size());
    std::vector<const uint8_t*> sources = inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const size_t bytes = rows.inputs[i];
      if (bytes == 0) continue;
      gathered[i].resize(bytes * slots);
      for (uint64_t slot = 0; slot < slots; ++slot) {
        const uint64_t row = slot < missing.size() ? missing[slot] : missing[0];
        std::memcpy(gathered[i].data() + slot * bytes, inputs[i] + row * bytes, bytes);
      }
      sources[i] = gathered[i].data();
    }
    std::vector<Bytes> computed(outputs.size());
    std::vector<uint8_t*> targets;
    for (size_t i = 0; i < computed.size(); ++i) {
      computed[i].resize(om.outputs[i].BytesAt(least));
      targets.push_back(computed[i].data());
    }
    if (const aclError error = RunEngine(model, least, sources, targets, took)) return error;
    for (size_t slot = 0; slot < missing.size(); ++slot) {
      ReplayStore::Row row;
      for (size_t i = 0; i < computed.size(); ++i) {
        const auto begin =
            computed[i].begin() + static_cast<std::ptrdiff_t>(slot * rows.outputs[i]);
        row.insert(row.end(), begin, begin + static_cast<std::ptrdiff_t>(rows.outputs[i]));
      }
      store->Insert(keys[missing[slot]], row);
      found[missing[slot]] = std::move(row);
    }
  }
  for (uint64_t row = 0; row < rows.count; ++row) {
    const uint8_t* from = found[row]->data();
    for (size_t i = 0; i < outputs.size(); ++i) {
      std::memcpy(outputs[i] + row * rows.outputs[i], from, rows.outputs[i]);
      from += rows.outputs[i];
    }
  }
  return ACL_SUCCESS;
}

}  // namespace hostacl
