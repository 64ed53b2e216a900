// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "failure.h"

#include <utility>

namespace hostacl {
namespace {

thread_local std::string pending_message;
thread_local std::string handed_out_message;

}  // namespace

aclError FailWith(aclError code, std::string message) {
  pending_message = "E" + std::to_string(code) + ": " + std::move(message);
  return code;
}

const char* TakeRecentMessage() {
  if (pending_message.empty()) return nullptr;
  handed_out_message = std::move(pending_message);
  pending_message.clear();
  return handed_out_message.c_str();
}

}  // namespace hostacl
