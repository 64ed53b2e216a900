// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "acl/acl.h"
#include "tiny_onnx.h"

namespace hostacl::testing {

// aclInit, device 0 and a stream around each test. Environment variables that a test sets by
// Restart are taken back. Single-thread.
class AclTest : public ::testing::Test {
 protected:
  void SetUp() override { Start(); }
  void TearDown() override {
    Stop();
    for (const auto& [name, value] : variables_) unsetenv(name.c_str());
  }

  // Finalizes and starts again under these variables.
  void Restart(const std::map<std::string, std::string>& variables) {
    Stop();
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    variables_.insert(variables.begin(), variables.end());
    Start();
  }

  // A profile file for HOSTACL_PROFILE.
  static std::string WriteFile(const std::string& name, const std::string& content) {
    const std::string path = ::testing::TempDir() + "/hostacl_" + std::to_string(getpid()) + name;
    FILE* file = fopen(path.c_str(), "wb");
    EXPECT_NE(file, nullptr);
    fwrite(content.data(), 1, content.size(), file);
    fclose(file);
    return path;
  }

  static void* Device(size_t size) {
    void* address = nullptr;
    EXPECT_EQ(aclrtMalloc(&address, size, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS);
    return address;
  }

  static void ToDevice(void* address, const std::vector<float>& values) {
    const size_t bytes = values.size() * sizeof(float);
    ASSERT_EQ(aclrtMemcpy(address, bytes, values.data(), bytes, ACL_MEMCPY_HOST_TO_DEVICE),
              ACL_SUCCESS);
  }

  static std::vector<float> ToHost(const void* address, size_t count) {
    std::vector<float> values(count);
    const size_t bytes = count * sizeof(float);
    EXPECT_EQ(aclrtMemcpy(values.data(), bytes, address, bytes, ACL_MEMCPY_DEVICE_TO_HOST),
              ACL_SUCCESS);
    return values;
  }

  static aclmdlDataset* DatasetOf(const std::vector<std::pair<void*, size_t>>& views) {
    aclmdlDataset* dataset = aclmdlCreateDataset();
    for (const auto& [address, size] : views) {
      EXPECT_EQ(aclmdlAddDatasetBuffer(dataset, aclCreateDataBuffer(address, size)), ACL_SUCCESS);
    }
    return dataset;
  }

  static uint32_t Load(const LinearOptions& options) {
    const std::string om = LinearOm(options);
    uint32_t id = 0;
    EXPECT_EQ(aclmdlLoadFromMem(om.data(), om.size(), &id), ACL_SUCCESS) << Message();
    return id;
  }

  static std::string Message() {
    const char* text = aclGetRecentErrMsg();
    return text == nullptr ? "" : text;
  }

  aclrtStream stream_ = nullptr;

 private:
  void Start() {
    ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
    ASSERT_EQ(aclrtCreateStream(&stream_), ACL_SUCCESS);
  }
  void Stop() { EXPECT_EQ(aclFinalize(), ACL_SUCCESS); }

  std::map<std::string, std::string> variables_;
};

}  // namespace hostacl::testing
