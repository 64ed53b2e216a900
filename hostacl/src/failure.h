// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>

#include "acl/acl_base.h"

namespace hostacl {

// Stores `message` as the calling thread's recent error and returns `code`.
aclError FailWith(aclError code, std::string message);

// FailWith for a message made of parts.
template <typename... Parts>
aclError Fail(aclError code, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return FailWith(code, text.str());
}

// Hands out and clears the calling thread's message; the pointer lives until the next call.
const char* TakeRecentMessage();

}  // namespace hostacl
