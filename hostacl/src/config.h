// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "acl/acl_base.h"

namespace hostacl {

// What aclInit's configuration file says, as far as it has a meaning here. A value.
struct InitConfig {
  bool shared_message = false;        // "err_msg_mode":"1"
  std::optional<int> default_device;  // for threads without a context
};

// Reads and checks the file. Null or an empty path gives the defaults.
//   100003 the file cannot be read       100006 it is no JSON object, or nested deeper than 10
//   100000 err_msg_mode                  100009 dump         100010 profiler
//   148048 max_opqueue_num               500001 defaultDevice, StackSize
aclError ReadInitConfig(const char* path, InitConfig* config);

}  // namespace hostacl
