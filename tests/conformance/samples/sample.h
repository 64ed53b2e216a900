// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The parts that every sample here has. Written as programs for a card are: nothing but ACL.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "acl/acl.h"

#define CHECK_ACL(call)                                                                         \
  if (const aclError code = (call); code != ACL_SUCCESS) {                                      \
    const char* message = aclGetRecentErrMsg();                                                 \
    std::fprintf(stderr, "%s failed: %d %s\n", #call, code, message == nullptr ? "" : message); \
    std::exit(1);                                                                               \
  }

inline std::vector<char> ReadBinary(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (bytes.empty()) {
    std::fprintf(stderr, "cannot read %s\n", path);
    std::exit(1);
  }
  return bytes;
}

// Device memory with these bytes, by way of page-locked memory as the vendor advises.
inline void* Upload(const std::vector<char>& bytes) {
  void* host = nullptr;
  void* device = nullptr;
  CHECK_ACL(aclrtMallocHost(&host, bytes.size()));
  std::copy(bytes.begin(), bytes.end(), static_cast<char*>(host));
  CHECK_ACL(aclrtMalloc(&device, bytes.size(), ACL_MEM_MALLOC_NORMAL_ONLY));
  CHECK_ACL(aclrtMemcpy(device, bytes.size(), host, bytes.size(), ACL_MEMCPY_HOST_TO_DEVICE));
  CHECK_ACL(aclrtFreeHost(host));
  return device;
}

inline void AddBuffer(aclmdlDataset* dataset, void* device, size_t size) {
  aclDataBuffer* buffer = aclCreateDataBuffer(device, size);
  if (buffer == nullptr) std::exit(1);
  CHECK_ACL(aclmdlAddDatasetBuffer(dataset, buffer));
}

// An output for every output of the model, at its largest size.
inline aclmdlDataset* MakeOutputs(aclmdlDesc* desc) {
  aclmdlDataset* dataset = aclmdlCreateDataset();
  for (size_t i = 0; i < aclmdlGetNumOutputs(desc); ++i) {
    const size_t size = aclmdlGetOutputSizeByIndex(desc, i);
    void* device = nullptr;
    CHECK_ACL(aclrtMalloc(&device, size, ACL_MEM_MALLOC_NORMAL_ONLY));
    AddBuffer(dataset, device, size);
  }
  return dataset;
}

inline void DestroyWithMemory(aclmdlDataset* dataset) {
  for (size_t i = 0; i < aclmdlGetDatasetNumBuffers(dataset); ++i) {
    aclDataBuffer* buffer = aclmdlGetDatasetBuffer(dataset, i);
    CHECK_ACL(aclrtFree(aclGetDataBufferAddr(buffer)));
    CHECK_ACL(aclDestroyDataBuffer(buffer));
  }
  CHECK_ACL(aclmdlDestroyDataset(dataset));
}

// Prints the first `count` floats of the first output on one line.
inline void PrintOutput(aclmdlDataset* outputs, size_t count) {
  const void* device = aclGetDataBufferAddr(aclmdlGetDatasetBuffer(outputs, 0));
  const size_t bytes = count * sizeof(float);
  std::vector<float> values(count);
  CHECK_ACL(aclrtMemcpy(values.data(), bytes, device, bytes, ACL_MEMCPY_DEVICE_TO_HOST));
  for (const float value : values) std::printf("%.6g ", static_cast<double>(value));
  std::printf("\n");
}

// The number of elements of the first output at the gear that is set.
inline size_t CurrentCount(aclmdlDesc* desc) {
  aclmdlIODims dims;
  CHECK_ACL(aclmdlGetCurOutputDims(desc, 0, &dims));
  size_t count = 1;
  for (size_t i = 0; i < dims.dimCount; ++i) count *= static_cast<size_t>(dims.dims[i]);
  return count;
}

// The inputs of a model with gears: the picture, then room for the gear. `index`: of the latter.
inline aclmdlDataset* MakeGearInputs(aclmdlDesc* desc, const std::vector<char>& bytes,
                                     size_t* index) {
  CHECK_ACL(aclmdlGetInputIndexByName(desc, ACL_DYNAMIC_TENSOR_NAME, index));
  if (*index + 1 != aclmdlGetNumInputs(desc)) std::exit(1);
  aclmdlDataset* dataset = aclmdlCreateDataset();
  AddBuffer(dataset, Upload(bytes), bytes.size());
  const size_t size = aclmdlGetInputSizeByIndex(desc, *index);
  void* gear = nullptr;
  CHECK_ACL(aclrtMalloc(&gear, size, ACL_MEM_MALLOC_HUGE_FIRST));
  AddBuffer(dataset, gear, size);
  return dataset;
}
