// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <thread>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

// Starts and ends the library itself: what aclInit does with its file.
class InitConfigTest : public AclTest {
 protected:
  void SetUp() override {}
  void TearDown() override {}

  static aclError InitWith(const std::string& json) {
    return aclInit(WriteFile("config.json", json).c_str());
  }
  static aclError TryInit(const std::string& json) {
    const aclError error = InitWith(json);
    if (error == ACL_SUCCESS) EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
    return error;
  }
};

TEST_F(InitConfigTest, EachBadFileHasItsCode) {
  EXPECT_EQ(aclInit("/nowhere/acl.json"), ACL_ERROR_INVALID_FILE);
  EXPECT_EQ(aclInit(::testing::TempDir().c_str()), ACL_ERROR_INVALID_FILE);  // a folder
  EXPECT_EQ(TryInit(""), ACL_ERROR_PARSE_FILE);
  EXPECT_EQ(TryInit("{"), ACL_ERROR_PARSE_FILE);
  EXPECT_EQ(TryInit("[]"), ACL_ERROR_PARSE_FILE);
  EXPECT_EQ(TryInit(R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}}})"),
            ACL_ERROR_PARSE_FILE);  // eleven levels
  EXPECT_EQ(TryInit(R"({"err_msg_mode":"2"})"), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(TryInit(R"({"dump":1})"), ACL_ERROR_INVALID_DUMP_CONFIG);
  EXPECT_EQ(TryInit(R"({"dump":{"dump_list":[]}})"), ACL_ERROR_INVALID_DUMP_CONFIG);
  EXPECT_EQ(TryInit(R"({"dump":{"dump_scene":"lite_exception","dump_debug":"on"}})"),
            ACL_ERROR_INVALID_DUMP_CONFIG);
  EXPECT_EQ(TryInit(R"({"dump":{"dump_debug":7}})"), ACL_SUCCESS);
  EXPECT_EQ(TryInit(R"({"dump":{"dump_scene":"lite_exception","dump_debug":7}})"),
            ACL_ERROR_FILE_ATTR_INVALID);
  EXPECT_EQ(TryInit(R"({"profiler":{"switch":"maybe"}})"), ACL_ERROR_INVALID_PROFILING_CONFIG);
  EXPECT_EQ(TryInit(R"({"max_opqueue_num":"x"})"), ACL_ERROR_INVALID_MAX_OPQUEUE_NUM_CONFIG);
  EXPECT_EQ(TryInit(R"({"StackSize":{"aicore_stack_size":-1}})"), ACL_ERROR_FAILURE);
  EXPECT_EQ(TryInit(R"({"defaultDevice":{"default_device":"two"}})"), ACL_ERROR_FAILURE);
  EXPECT_EQ(TryInit(R"({"defaultDevice":{"default_device":"99"}})"), ACL_ERROR_FAILURE);
}

TEST_F(InitConfigTest, GoodFilesAreTaken) {
  EXPECT_EQ(TryInit("{}"), ACL_SUCCESS);
  EXPECT_EQ(TryInit(R"({"err_msg_mode":"0","max_opqueue_num":"20000",
      "StackSize":{"aicore_stack_size":32768},"profiler":{"switch":"off"},
      "dump":{"dump_scene":"lite_exception"},"unknown":[1]})"),
            ACL_SUCCESS);
}

TEST_F(InitConfigTest, MessagesOfTheWholeProcess) {
  ASSERT_EQ(InitWith(R"({"err_msg_mode":"1"})"), ACL_SUCCESS);
  std::thread([] { EXPECT_NE(aclrtGetVersion(nullptr, nullptr, nullptr), ACL_SUCCESS); }).join();
  const char* message = aclGetRecentErrMsg();
  ASSERT_NE(message, nullptr);
  EXPECT_NE(std::strstr(message, "aclrtGetVersion"), nullptr);
  EXPECT_EQ(aclGetRecentErrMsg(), nullptr);
  EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
  // The next start without a file is back at one message a thread.
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);
  std::thread([] { EXPECT_NE(aclrtGetVersion(nullptr, nullptr, nullptr), ACL_SUCCESS); }).join();
  EXPECT_EQ(aclGetRecentErrMsg(), nullptr);
  EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
}

TEST_F(InitConfigTest, DefaultDeviceServesThreadsWithoutAContext) {
  ASSERT_EQ(InitWith(R"({"defaultDevice":{"default_device":"1"}})"), ACL_SUCCESS);
  std::thread([] {
    int32_t device = -1;
    EXPECT_EQ(aclrtGetDevice(&device), ACL_SUCCESS);
    EXPECT_EQ(device, 1);
    void* memory = nullptr;
    EXPECT_EQ(aclrtMalloc(&memory, 8, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS);
    EXPECT_EQ(aclrtFree(memory), ACL_SUCCESS);
    aclrtContext context = nullptr;
    EXPECT_EQ(aclrtCreateContext(&context, 1), ACL_ERROR_RT_CONTEXT_NULL);
    EXPECT_EQ(aclrtSetDevice(1), ACL_SUCCESS);
    EXPECT_EQ(aclrtCreateContext(&context, 1), ACL_SUCCESS);
  }).join();
  EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
}

TEST_F(InitConfigTest, ReferencesAreCounted) {
  uint64_t left = 7;
  EXPECT_EQ(aclFinalizeReference(&left), ACL_ERROR_REPEAT_FINALIZE);
  EXPECT_EQ(left, 0u);
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);
  ASSERT_EQ(aclInit(nullptr), ACL_ERROR_REPEAT_INITIALIZE);  // counted all the same
  EXPECT_EQ(aclFinalizeReference(&left), ACL_SUCCESS);
  EXPECT_EQ(left, 1u);
  EXPECT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
  EXPECT_EQ(aclFinalizeReference(nullptr), ACL_SUCCESS);
  EXPECT_EQ(aclrtSetDevice(0), ACL_ERROR_UNINITIALIZE);
  // aclFinalize ends whatever the count.
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);
  ASSERT_EQ(aclInit(nullptr), ACL_ERROR_REPEAT_INITIALIZE);
  EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
  EXPECT_EQ(aclFinalizeReference(&left), ACL_ERROR_REPEAT_FINALIZE);
}

TEST_F(InitConfigTest, LastErrorIsPerThreadKeptAndTaken) {
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);
  aclrtGetLastError(ACL_RT_THREAD_LEVEL);
  EXPECT_EQ(aclrtSetDevice(99), ACL_ERROR_RT_INVALID_DEVICEID);
  std::thread([] { EXPECT_EQ(aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL), ACL_SUCCESS); }).join();
  EXPECT_EQ(aclrtSetDevice(0), ACL_SUCCESS);  // a success leaves it
  EXPECT_EQ(aclrtPeekAtLastError(ACL_RT_THREAD_LEVEL), ACL_ERROR_RT_INVALID_DEVICEID);
  EXPECT_EQ(aclrtGetLastError(ACL_RT_THREAD_LEVEL), ACL_ERROR_RT_INVALID_DEVICEID);
  EXPECT_EQ(aclrtGetLastError(ACL_RT_THREAD_LEVEL), ACL_SUCCESS);
  EXPECT_EQ(aclrtGetLastError(static_cast<aclrtLastErrLevel>(1)), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclrtPeekAtLastError(static_cast<aclrtLastErrLevel>(1)), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
}

TEST_F(InitConfigTest, CannVersionTellsWhatIsThere) {
  aclCANNPackageVersion version;
  EXPECT_EQ(aclsysGetCANNVersion(ACL_PKG_NAME_CANN, &version), ACL_SUCCESS);
  EXPECT_STREQ(version.version, "9.0.0");
  EXPECT_STREQ(version.majorVersion, "9");
  EXPECT_EQ(aclsysGetCANNVersion(ACL_PKG_NAME_DRIVER, &version), ACL_ERROR_INVALID_FILE);
  EXPECT_EQ(aclsysGetCANNVersion(ACL_PKG_NAME_CANN, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclsysGetCANNVersion(static_cast<aclCANNPackageName>(8), &version),
            ACL_ERROR_INVALID_PARAM);
}

TEST_F(InitConfigTest, AppLogFollowsTheVariables) {
  const auto logged = [](const char* to_screen, const char* level) {
    setenv("ASCEND_SLOG_PRINT_TO_STDOUT", to_screen, 1);
    setenv("ASCEND_GLOBAL_LOG_LEVEL", level, 1);
    ::testing::internal::CaptureStdout();
    ACL_APP_LOG(ACL_INFO, "seven is %d", 7);
    aclAppLog(ACL_INFO, nullptr, nullptr, 0, nullptr);
    const std::string text = ::testing::internal::GetCapturedStdout();
    unsetenv("ASCEND_SLOG_PRINT_TO_STDOUT");
    unsetenv("ASCEND_GLOBAL_LOG_LEVEL");
    return text;
  };
  const std::string text = logged("1", "1");
  EXPECT_NE(text.find("[INFO] APP("), std::string::npos);
  EXPECT_NE(text.find("seven is 7\n"), std::string::npos);
  EXPECT_EQ(logged("1", "3"), "");
  EXPECT_EQ(logged("0", "0"), "");
}

TEST_F(InitConfigTest, FinalizeTellsWhatWasNotGivenBack) {
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);
  ASSERT_EQ(aclrtSetDevice(0), ACL_SUCCESS);
  void* device = Device(100);
  void* host = nullptr;
  ASSERT_EQ(aclrtMallocHost(&host, 10), ACL_SUCCESS);
  aclDataBuffer* buffer = aclCreateDataBuffer(device, 100);
  aclmdlDataset* dataset = aclmdlCreateDataset();
  ASSERT_EQ(aclmdlAddDatasetBuffer(dataset, buffer), ACL_SUCCESS);
  ASSERT_EQ(aclmdlDestroyDataset(dataset), ACL_SUCCESS);  // the buffer stays
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
  std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("1 aclDataBuffer"), std::string::npos) << text;
  EXPECT_EQ(text.find("aclmdlDataset"), std::string::npos) << text;
  EXPECT_NE(text.find("1 allocation(s) of 100 bytes on device 0"), std::string::npos) << text;
  EXPECT_NE(text.find("1 page-locked block(s) of 10 bytes"), std::string::npos) << text;
  setenv("HOSTACL_LEAKS", "off", 1);
  ASSERT_EQ(aclInit(nullptr), ACL_SUCCESS);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(aclFinalize(), ACL_SUCCESS);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  unsetenv("HOSTACL_LEAKS");
  ASSERT_EQ(aclDestroyDataBuffer(buffer), ACL_SUCCESS);
  ASSERT_EQ(aclrtFreeHost(host), ACL_SUCCESS);
}

}  // namespace
}  // namespace hostacl::testing
