// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "acl/acl_mdl.h"
#include "handle_table.h"

namespace hostacl {

// What an aclmdlConfigHandle holds. Owned by the table; thread-compatible, as the C interface
// promises no more.
struct LoadConfig {
  std::set<aclmdlConfigAttr> set;  // the attributes that were given
  size_t load_type = 0;
  std::string path;
  const void* model = nullptr;
  size_t model_size = 0;
  void* weight = nullptr;
  size_t weight_size = 0;
  void* work = nullptr;
  size_t work_size = 0;
};

// What an aclmdlExecConfigHandle holds. As above.
struct ExecConfig {
  int32_t stream_timeout = -1;  // milliseconds; -1: for ever
  int32_t event_timeout = -1;
  void* work = nullptr;
  size_t work_size = 0;
};

HandleTable<LoadConfig>& LoadConfigs();
HandleTable<ExecConfig>& ExecConfigs();

// Sets one attribute. 100000 for an unknown one, a size that is not the type's, a value out of
// range; 207000 for one that has no meaning here (queues, executable-only models).
aclError SetLoadOption(LoadConfig* config, aclmdlConfigAttr attr, const void* value, size_t size);
aclError SetExecOption(ExecConfig* config, aclmdlExecConfigAttr attr, const void* value,
                       size_t size);
// Success when everything that the load type needs was given.
aclError CheckComplete(const LoadConfig& config);

}  // namespace hostacl
