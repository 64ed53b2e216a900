// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "acl/acl.h"
#include "model_files.h"

namespace conformance {

// True when the library under test is hostacl: it alone exports hostaclVersion.
inline bool IsHostacl() { return dlsym(RTLD_DEFAULT, "hostaclVersion") != nullptr; }

// Skips a test that needs what only hostacl has: injection, its environment variables, or a rule
// that is stricter than a card's.
#define NEEDS_HOSTACL(reason) \
  if (!::conformance::IsHostacl()) GTEST_SKIP() << "needs hostacl: " << (reason)

// What hostacl must answer, where a card's answer is not known: on a card any failure passes.
#define EXPECT_REFUSED(expression, code)                                     \
  if (const aclError got = (expression); ::conformance::IsHostacl()) {       \
    EXPECT_EQ(got, code) << #expression << ": " << ::conformance::Message(); \
  } else                                                                     \
    EXPECT_NE(got, ACL_SUCCESS) << #expression

// The failures of this process so far, to standard error, where the parent of a child reads them.
inline void TellFailures() {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  for (int i = 0; i < test->result()->total_part_count(); ++i) {
    const ::testing::TestPartResult& part = test->result()->GetTestPartResult(i);
    if (part.failed()) std::fprintf(stderr, "%d: %s\n", part.line_number(), part.message());
  }
}

// Runs `body` in a child process that starts afresh, and passes when the child's expectations do.
// Bounded in time. For what a process can do once, or may not survive.
#define IN_CHILD(body)                                \
  EXPECT_EXIT(                                        \
      {                                               \
        alarm(60);                                    \
        body;                                         \
        ::conformance::TellFailures();                \
        _exit(::testing::Test::HasFailure() ? 1 : 0); \
      },                                              \
      ::testing::ExitedWithCode(0), "")

// As IN_CHILD; the child's standard error must match, and it may end in any way.
#define CHILD_DIES(body, message) \
  EXPECT_DEATH(                   \
      {                           \
        alarm(60);                \
        body;                     \
      },                          \
      message)

inline std::string Message() {
  const char* text = aclGetRecentErrMsg();
  return text == nullptr ? "" : text;
}

inline bool IsOneOf(aclError code, std::initializer_list<aclError> candidates) {
  for (const aclError candidate : candidates) {
    if (code == candidate) return true;
  }
  return false;
}

constexpr unsigned char kPoison = 0xCD;  // hostacl's filling of fresh and freed memory

inline void* Device(size_t size) {
  void* address = nullptr;
  EXPECT_EQ(aclrtMalloc(&address, size, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS) << Message();
  return address;
}

inline void* Pinned(size_t size) {
  void* address = nullptr;
  EXPECT_EQ(aclrtMallocHost(&address, size), ACL_SUCCESS) << Message();
  return address;
}

template <typename T>
void ToDevice(void* address, const std::vector<T>& values) {
  const size_t bytes = values.size() * sizeof(T);
  ASSERT_EQ(aclrtMemcpy(address, bytes, values.data(), bytes, ACL_MEMCPY_HOST_TO_DEVICE),
            ACL_SUCCESS)
      << Message();
}

template <typename T = float>
std::vector<T> ToHost(const void* address, size_t count) {
  std::vector<T> values(count);
  const size_t bytes = count * sizeof(T);
  EXPECT_EQ(aclrtMemcpy(values.data(), bytes, address, bytes, ACL_MEMCPY_DEVICE_TO_HOST),
            ACL_SUCCESS)
      << Message();
  return values;
}

inline uint32_t Load(const std::string& name) {
  uint32_t id = 0;
  EXPECT_EQ(aclmdlLoadFromFile(ModelPath(name).c_str(), &id), ACL_SUCCESS) << Message();
  return id;
}

// A dataset with its wrappers, not the memory behind them. Move-only; single-thread.
class Dataset {
 public:
  explicit Dataset(const std::vector<std::pair<void*, size_t>>& views)
      : dataset_(aclmdlCreateDataset()) {
    for (const auto& [address, size] : views) {
      buffers_.push_back(aclCreateDataBuffer(address, size));
      EXPECT_EQ(aclmdlAddDatasetBuffer(dataset_, buffers_.back()), ACL_SUCCESS);
    }
  }
  Dataset(Dataset&& other) noexcept
      : dataset_(std::exchange(other.dataset_, nullptr)), buffers_(std::move(other.buffers_)) {
    other.buffers_.clear();
  }
  Dataset& operator=(Dataset&&) = delete;
  ~Dataset() {
    for (aclDataBuffer* buffer : buffers_) EXPECT_EQ(aclDestroyDataBuffer(buffer), ACL_SUCCESS);
    if (dataset_ != nullptr) {
      EXPECT_EQ(aclmdlDestroyDataset(dataset_), ACL_SUCCESS);
    }
  }
  aclmdlDataset* get() const { return dataset_; }
  aclDataBuffer* buffer(size_t index) const { return buffers_[index]; }

 private:
  aclmdlDataset* dataset_;
  std::vector<aclDataBuffer*> buffers_;
};

// The description of a loaded model. Move-only; single-thread.
class Description {
 public:
  explicit Description(uint32_t id) : desc_(aclmdlCreateDesc()) {
    EXPECT_EQ(aclmdlGetDesc(desc_, id), ACL_SUCCESS) << Message();
  }
  Description(const Description&) = delete;
  Description& operator=(const Description&) = delete;
  ~Description() { EXPECT_EQ(aclmdlDestroyDesc(desc_), ACL_SUCCESS); }
  aclmdlDesc* get() const { return desc_; }

 private:
  aclmdlDesc* desc_;
};

// aclInit, device 0 and a stream around each test. Variables set by Restart are taken back.
class Session : public ::testing::Test {
 protected:
  void SetUp() override { Start(); }
  void TearDown() override {
    Stop();
    for (const auto& [name, value] : variables_) unsetenv(name.c_str());
  }

  // Finalizes and starts again under these variables, which only hostacl reads.
  void Restart(const std::map<std::string, std::string>& variables) {
    Stop();
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    variables_.insert(variables.begin(), variables.end());
    Start();
  }

  aclrtStream stream_ = nullptr;
  aclrtContext context_ = nullptr;

 private:
  void Start() {
    ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtSetDevice(0), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtGetCurrentContext(&context_), ACL_SUCCESS) << Message();
    ASSERT_EQ(aclrtCreateStream(&stream_), ACL_SUCCESS) << Message();
  }
  void Stop() { EXPECT_EQ(aclFinalize(), ACL_SUCCESS) << Message(); }

  std::map<std::string, std::string> variables_;
};

}  // namespace conformance
