// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "acl/acl_base.h"
#include "handle_table.h"

namespace hostacl {

// What an aclTensorDesc handle stands for. Owned by the table. Thread-compatible, as the C
// interface promises no more.
struct TensorDesc {
  aclDataType type = ACL_DT_UNDEFINED;
  aclFormat format = ACL_FORMAT_UNDEFINED;
  std::vector<int64_t> dims;  // -1: not known
  bool unknown_rank = false;
  std::vector<std::array<int64_t, 2>> ranges;  // empty: none set
  std::string name;
  aclFormat storage_format = ACL_FORMAT_UNDEFINED;
  std::vector<int64_t> storage_dims;
  aclFormat origin_format = ACL_FORMAT_UNDEFINED;
  std::vector<int64_t> origin_dims;

  // Zero when a size is not known.
  size_t elements() const;
};

// The table lives as long as the process.
HandleTable<TensorDesc>& TensorDescs();

}  // namespace hostacl
