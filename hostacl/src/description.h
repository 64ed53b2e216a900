// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "acl/acl_mdl.h"
#include "handle_table.h"
#include "model.h"

namespace hostacl {

// What an aclmdlDesc handle stands for. Owned by the table; its content is set once by
// aclmdlGetDesc. Thread-compatible, as the C interface promises no more.
struct Description {
  std::shared_ptr<ModelInfo> model;
  uint32_t model_id = 0;         // 0: filled from a file, without a load
  std::vector<OmTensor> inputs;  // with the gear input
  std::vector<OmTensor> outputs;
};

HandleTable<Description>& Descriptions();

// The filled description of a handle; null and a recent message without one.
std::shared_ptr<Description> FindDescription(const aclmdlDesc* handle);

}  // namespace hostacl
