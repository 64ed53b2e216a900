// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// A backend of Triton that gives every request's first tensor back as OUTPUT0: one copy, nothing
// else, so that what is measured is Triton. Called by one thread for each instance of a model.
#include <chrono>
#include <cstring>

#include "tests/bench/peers/triton_backend_api.h"

namespace {

uint64_t NowNs() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::steady_clock::now().time_since_epoch())
                                   .count());
}

// The tensor of 'request' in 'response'.
TRITONSERVER_Error* Echo(TRITONBACKEND_Request* request, TRITONBACKEND_Response* response) {
  TRITONBACKEND_Input* input = nullptr;
  if (auto* error = TRITONBACKEND_RequestInputByIndex(request, 0, &input)) return error;
  TRITONSERVER_DataType type = 0;
  const int64_t* shape = nullptr;
  uint32_t dims = 0;
  uint64_t bytes = 0;
  uint32_t pieces = 0;
  if (auto* error =
          TRITONBACKEND_InputProperties(input, nullptr, &type, &shape, &dims, &bytes, &pieces)) {
    return error;
  }
  TRITONBACKEND_Output* output = nullptr;
  if (auto* error = TRITONBACKEND_ResponseOutput(response, &output, "OUTPUT0", type, shape, dims)) {
    return error;
  }
  void* to = nullptr;
  TRITONSERVER_MemoryType memory = 0;
  int64_t memory_id = 0;
  if (auto* error = TRITONBACKEND_OutputBuffer(output, &to, bytes, &memory, &memory_id)) {
    return error;
  }
  auto* at = static_cast<char*>(to);
  for (uint32_t i = 0; i < pieces; ++i) {
    const void* from = nullptr;
    uint64_t length = 0;
    if (auto* error = TRITONBACKEND_InputBuffer(input, i, &from, &length, &memory, &memory_id)) {
      return error;
    }
    std::memcpy(at, from, length);
    at += length;
  }
  return nullptr;
}

void Drop(TRITONSERVER_Error* error) {
  if (error != nullptr) TRITONSERVER_ErrorDelete(error);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) TRITONSERVER_Error*
TRITONBACKEND_ModelInstanceExecute(TRITONBACKEND_ModelInstance* instance,
                                   TRITONBACKEND_Request** requests, uint32_t count) {
  const uint64_t batch_start = NowNs();
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t start = NowNs();
    TRITONBACKEND_Response* response = nullptr;
    auto* error = TRITONBACKEND_ResponseNew(&response, requests[i]);
    const bool started = error == nullptr;
    if (started) error = Echo(requests[i], response);
    const bool well = error == nullptr;
    if (started) {
      Drop(TRITONBACKEND_ResponseSend(response, TRITONSERVER_RESPONSE_COMPLETE_FINAL, error));
    } else {
      Drop(error);
    }
    Drop(TRITONBACKEND_ModelInstanceReportStatistics(instance, requests[i], well, start, start,
                                                     NowNs(), NowNs()));
    Drop(TRITONBACKEND_RequestRelease(requests[i], TRITONSERVER_REQUEST_RELEASE_ALL));
  }
  Drop(TRITONBACKEND_ModelInstanceReportBatchStatistics(instance, count, batch_start, batch_start,
                                                        NowNs(), NowNs()));
  return nullptr;
}
