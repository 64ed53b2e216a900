// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sstream>
#include <string>

#include "acl/acl_base.h"

namespace hostacl {

// Stores `message` as the calling thread's recent error, `code` as its last error, and returns
// `code`.
aclError FailWith(aclError code, std::string message);

// FailWith for a message made of parts.
template <typename... Parts>
aclError Fail(aclError code, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return FailWith(code, text.str());
}

// Hands out and clears the recent message; the pointer lives until the thread's next call. Null
// when there is none.
const char* TakeRecentMessage();
// The code of the calling thread's newest failure; success when none, or after the second.
aclError LastError();
aclError TakeLastError();
// True: one recent message for the process (aclInit's "err_msg_mode":"1"); false: one a thread.
void ShareRecentMessage(bool shared);

}  // namespace hostacl
