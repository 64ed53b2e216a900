// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 35 to 40: handles, their lifetime, and limits.
#include <cstring>
#include <thread>

#include "places.h"
#include "session.h"
#include "stream_gate.h"

namespace conformance {
namespace {

using Trap35 = Session;
using Trap36 = Session;
using Trap37 = Session;
using Trap38 = Session;
using Trap39 = Session;

TEST_F(Trap35, DestroyingWrappersNeverFreesWhatTheyWrap) {
  void* memory = Device(16);
  ToDevice(memory, std::vector<float>{1, 2, 3, 4});
  aclDataBuffer* buffer = aclCreateDataBuffer(memory, 16);
  aclmdlDataset* dataset = aclmdlCreateDataset();
  ASSERT_EQ(aclmdlAddDatasetBuffer(dataset, buffer), ACL_SUCCESS);
  EXPECT_EQ(aclmdlDestroyDataset(dataset), ACL_SUCCESS);
  EXPECT_EQ(aclGetDataBufferAddr(buffer), memory);  // the buffer outlives its dataset
  EXPECT_EQ(aclGetDataBufferSizeV2(buffer), 16u);
  EXPECT_EQ(aclDestroyDataBuffer(buffer), ACL_SUCCESS);
  EXPECT_EQ(ToHost(memory, 4), (std::vector<float>{1, 2, 3, 4}));  // and the memory the buffer
  EXPECT_EQ(aclrtFree(memory), ACL_SUCCESS);
}

// Leaks one of each on purpose, and finalizes.
void Leak() {
  EXPECT_EQ(aclInit(nullptr), ACL_SUCCESS);
  EXPECT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
  void* memory = nullptr;
  EXPECT_EQ(aclrtMalloc(&memory, 64, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS);
  void* host = nullptr;
  EXPECT_EQ(aclrtMallocHost(&host, 64), ACL_SUCCESS);
  aclmdlDataset* dataset = aclmdlCreateDataset();
  EXPECT_EQ(aclmdlAddDatasetBuffer(dataset, aclCreateDataBuffer(memory, 64)), ACL_SUCCESS);
  EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
}

TEST(Trap35Process, LeakedWrappersAndMemoryAreReportedAtTheEnd) {
  NEEDS_HOSTACL("a card's library does not report leaks");
  CHILD_DIES(
      {
        Leak();
        _exit(1);
      },
      "1 aclDataBuffer, 1 aclmdlDataset.*1 allocation.*1 page-locked block");
}

TEST_F(Trap36, TheRecentMessageIsPerThreadAndClearedByReading) {
  (void)aclGetRecentErrMsg();
  EXPECT_NE(aclrtMalloc(nullptr, 8, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS);
  std::thread([] { EXPECT_EQ(aclGetRecentErrMsg(), nullptr); }).join();
  const char* text = aclGetRecentErrMsg();
  if (IsHostacl()) {
    ASSERT_NE(text, nullptr);
    EXPECT_NE(std::strstr(text, "aclrtMalloc"), nullptr) << text;
  }
  EXPECT_EQ(aclGetRecentErrMsg(), nullptr);
}

TEST_F(Trap37, TheOldBufferSizeIsCutTo32Bits) {
  constexpr size_t kHuge = (size_t{1} << 32) + 24;
  void* memory = Device(64);
  aclDataBuffer* buffer = aclCreateDataBuffer(memory, kHuge);
  ASSERT_NE(buffer, nullptr);
  EXPECT_EQ(aclGetDataBufferSize(buffer), 24u);
  EXPECT_EQ(aclGetDataBufferSizeV2(buffer), kHuge);
  EXPECT_EQ(aclDestroyDataBuffer(buffer), ACL_SUCCESS);
}

TEST_F(Trap38, HandlesAreFoundOutAfterTheirDestruction) {
  NEEDS_HOSTACL("a card's library may crash");
  aclrtStream stream = nullptr;
  ASSERT_EQ(aclrtCreateStream(&stream), ACL_SUCCESS);
  ASSERT_EQ(aclrtDestroyStream(stream), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream), ACL_ERROR_RT_INVALID_HANDLE);
  EXPECT_EQ(aclrtDestroyStream(stream), ACL_ERROR_RT_INVALID_HANDLE);
  aclrtStream next = nullptr;  // the number of the destroyed one is not used again
  ASSERT_EQ(aclrtCreateStream(&next), ACL_SUCCESS);
  EXPECT_NE(next, stream);
  EXPECT_EQ(aclrtSynchronizeStream(stream), ACL_ERROR_RT_INVALID_HANDLE);
  aclrtEvent event = nullptr;
  ASSERT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
  ASSERT_EQ(aclrtDestroyEvent(event), ACL_SUCCESS);
  EXPECT_EQ(aclrtRecordEvent(event, next), ACL_ERROR_RT_INVALID_HANDLE);
  EXPECT_EQ(aclrtDestroyEvent(event), ACL_ERROR_RT_INVALID_HANDLE);
  EXPECT_EQ(aclrtRecordEvent(next, next), ACL_ERROR_RT_INVALID_HANDLE);  // a stream is no event
  aclrtContext context = nullptr;
  ASSERT_EQ(aclrtCreateContext(&context, 0), ACL_SUCCESS);
  ASSERT_EQ(aclrtDestroyContext(context), ACL_SUCCESS);
  EXPECT_TRUE(IsOneOf(aclrtSetCurrentContext(context),
                      {ACL_ERROR_RT_INVALID_HANDLE, ACL_ERROR_RT_CONTEXT_NULL}));
  ASSERT_EQ(aclrtSetCurrentContext(context_), ACL_SUCCESS);
  const uint32_t id = Load("linear");
  void* memory = Device(16);
  const Dataset good({{memory, 16}});
  aclmdlDataset* dataset = aclmdlCreateDataset();
  aclDataBuffer* buffer = aclCreateDataBuffer(memory, 16);
  ASSERT_EQ(aclmdlAddDatasetBuffer(dataset, buffer), ACL_SUCCESS);
  ASSERT_EQ(aclDestroyDataBuffer(buffer), ACL_SUCCESS);
  EXPECT_NE(aclmdlExecute(id, dataset, good.get()), ACL_SUCCESS);
  EXPECT_NE(aclDestroyDataBuffer(buffer), ACL_SUCCESS);
  EXPECT_EQ(aclGetDataBufferAddr(buffer), nullptr);
  ASSERT_EQ(aclmdlDestroyDataset(dataset), ACL_SUCCESS);
  EXPECT_NE(aclmdlDestroyDataset(dataset), ACL_SUCCESS);
  EXPECT_NE(aclmdlExecute(id, dataset, good.get()), ACL_SUCCESS);
  aclmdlDesc* desc = aclmdlCreateDesc();
  ASSERT_EQ(aclmdlDestroyDesc(desc), ACL_SUCCESS);
  EXPECT_NE(aclmdlDestroyDesc(desc), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetNumInputs(desc), 0u);
}

TEST_F(Trap39, StreamsRunOut) {
  NEEDS_HOSTACL("a card's limit depends on its kind and its other users");
  std::vector<aclrtStream> streams = {stream_};
  aclError last = ACL_SUCCESS;
  while (streams.size() < 3000) {
    aclrtStream stream = nullptr;
    last = aclrtCreateStream(&stream);
    if (last != ACL_SUCCESS) break;
    streams.push_back(stream);
  }
  EXPECT_EQ(last, ACL_ERROR_RT_NO_STREAM_RESOURCE);
  EXPECT_EQ(streams.size(), 1984u);
  ASSERT_EQ(aclrtDestroyStream(streams.back()), ACL_SUCCESS);
  aclrtStream again = nullptr;
  EXPECT_EQ(aclrtCreateStream(&again), ACL_SUCCESS);
}

TEST_F(Trap39, EventsRunOut) {
  NEEDS_HOSTACL("a card's limit depends on its kind and its other users");
  aclError last = ACL_SUCCESS;
  aclrtEvent event = nullptr;
  aclrtEvent one = nullptr;
  size_t count = 0;
  for (; count < 70000; ++count) {
    last = aclrtCreateEvent(&event);
    if (last != ACL_SUCCESS) break;
    one = event;
  }
  EXPECT_EQ(last, ACL_ERROR_RT_NO_EVENT_RESOURCE);
  EXPECT_EQ(count, 65536u);
  ASSERT_EQ(aclrtDestroyEvent(one), ACL_SUCCESS);
  EXPECT_EQ(aclrtCreateEvent(&event), ACL_SUCCESS);
}

TEST_F(Trap39, CallbackThreadsRunOut) {
  NEEDS_HOSTACL("a card is not brought to its limit");
  // Ids need not be those of running threads; one stream each.
  aclError last = ACL_SUCCESS;
  uint64_t count = 0;
  for (; count < 1100; ++count) {
    aclrtStream stream = nullptr;
    ASSERT_EQ(aclrtCreateStream(&stream), ACL_SUCCESS) << Message();
    last = aclrtSubscribeReport(1000 + count, stream);
    if (last != ACL_SUCCESS) break;
  }
  EXPECT_EQ(count, 1024u);
  EXPECT_EQ(last, ACL_ERROR_RT_THREAD_SUBSCRIBE);
}

// A library of an earlier release, as dlopen and dlsym see it.
bool Has(const std::string& folder, const char* name) {
  void* library = dlopen((folder + "/libascendcl.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  EXPECT_NE(library, nullptr) << dlerror();
  return library != nullptr && dlsym(library, name) != nullptr;
}

TEST(Trap40, NewerSymbolsCanBeHidden) {
  NEEDS_HOSTACL("folders with the libraries of earlier releases");
  const std::string root = LibraryFolder() + "/..";
  const char* const kOld[] = {"aclInit", "aclrtMalloc", "aclmdlExecuteAsync", "hostaclVersion"};
  for (const char* release : {"lib64-8.0", "lib64-8.1", "lib64-8.3", "lib64-8.5", "lib64"}) {
    IN_CHILD({
      for (const char* name : kOld) EXPECT_TRUE(Has(root + "/" + release, name)) << name;
    });
  }
  struct Step {
    const char* name;
    const char* before;
    const char* from;
  };
  for (const Step& step : {Step{"aclmdlExecuteV2", "lib64-8.0", "lib64-8.1"},
                           Step{"aclrtMemcpyAsyncWithCondition", "lib64-8.1", "lib64-8.3"},
                           Step{"aclrtStreamAbort", "lib64-8.3", "lib64-8.5"},
                           Step{"aclmdlExecuteAsyncV2", "lib64-8.3", "lib64-8.5"},
                           Step{"aclrtLaunchHostFunc", "lib64-8.5", "lib64"}}) {
    IN_CHILD(EXPECT_FALSE(Has(root + "/" + step.before, step.name)) << step.name);
    IN_CHILD(EXPECT_TRUE(Has(root + "/" + step.from, step.name)) << step.name);
  }
}

}  // namespace
}  // namespace conformance
