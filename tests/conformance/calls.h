// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "session.h"

namespace conformance {

// Good arguments for every function: what a call has when only the thread or the process is wrong.
struct Arguments {
  void* device = nullptr;  // 256 bytes
  void* host = nullptr;    // 256 bytes, page-locked
  aclrtStream stream = nullptr;
  aclrtEvent event = nullptr;
  aclrtContext context = nullptr;
  uint32_t model = 0;  // `linear`, whose buffers are the next two
  aclmdlDataset* input = nullptr;
  aclmdlDataset* output = nullptr;
  std::string model_path;
  std::string model_bytes;
};

// A function of the interface with good arguments.
struct GoodCall {
  const char* name;
  std::function<aclError(const Arguments&)> run;
};

// A function with an argument that is wrong, and the codes that may come back. The first is the one
// that CANN's open sources give, or the likeliest of the documented ones, and hostacl's.
struct BadCall {
  const char* name;
  std::function<aclError(const Arguments&)> run;
  std::vector<aclError> codes;
};

// Functions that answer 107002 on a thread without a context, and 100001 before aclInit.
std::vector<GoodCall> CallsThatNeedAContext();
// Functions that need no context; 100001 before aclInit.
std::vector<GoodCall> CallsThatNeedInitOnly();

// Functions that a device may refuse as a whole, with 207000: hostacl does. 100001 before aclInit.
std::vector<GoodCall> CallsThatMayBeUnsupported();

// Wrong arguments, by the part of the interface.
std::vector<BadCall> BadDeviceCalls();
std::vector<BadCall> BadStreamCalls();
std::vector<BadCall> BadMemoryCalls();
std::vector<BadCall> BadModelCalls();
std::vector<BadCall> BadDescriptionCalls();
std::vector<BadCall> BadTensorDescCalls();
std::vector<BadCall> BadAippCalls();

}  // namespace conformance
