// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"
#include "server/device/acl_api.h"

namespace omserve {

// Bytes of a tensor of a model. FAILED_PRECONDITION when a dimension is not above 0, or they are
// more than 1 TiB: a shape comes out of a file, and nothing that is derived from it may wrap.
absl::StatusOr<size_t> BytesOfShape(const Shape& shape, DType dtype);

// One input or output of a model. A value.
struct ModelTensor {
  std::string name;  // as in the file; compilers change the names of outputs
  DType dtype = DType::kFloat32;
  Shape shape;           // at the largest gear; dimension 0 counts items
  size_t bytes = 0;      // at the largest gear, as ACL wants the buffer
  size_t row_bytes = 0;  // of one item

  // The shape for a number of items.
  Shape ShapeFor(int64_t items, int max_gear) const;
};

// What a loaded model says about itself. A value.
struct ModelInfo {
  std::vector<ModelTensor> inputs;  // without the input that selects the gear
  std::vector<ModelTensor> outputs;
  std::vector<int> gears;  // batch sizes it was compiled for, ascending; at least one
  bool dynamic = false;    // the gear is chosen at each run
  size_t gear_index = 0;   // which input selects the gear; only when dynamic
  size_t gear_bytes = 0;   // size of that input

  int max_gear() const { return gears.back(); }
  // The smallest gear that 'items' fit in, or the largest gear.
  int GearFor(int64_t items) const;

  // Reads the description of a loaded model; the calling thread is bound to its device.
  // FAILED_PRECONDITION when the model is of a kind that cannot be served.
  static absl::StatusOr<ModelInfo> Read(const AclApi& api, uint32_t model_id);
};

}  // namespace omserve
