// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The libraries of earlier releases: dlsym does not find what came after them.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

namespace {

struct Library {
  const char* path;
  const char* newest_there;   // a function that it has and the one before has not
  const char* oldest_absent;  // a function that came with the next release
  int32_t interface_minor;
};

class ReleasesTest : public ::testing::TestWithParam<Library> {};

TEST_P(ReleasesTest, HasWhatItsReleaseHad) {
  void* library = dlopen(GetParam().path, RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(library, nullptr) << dlerror();
  EXPECT_NE(dlsym(library, "aclInit"), nullptr);
  EXPECT_NE(dlsym(library, GetParam().newest_there), nullptr);
  EXPECT_EQ(dlsym(library, GetParam().oldest_absent), nullptr);
  // Every library works, by itself and beside the others.
  const auto version =
      reinterpret_cast<int (*)(int32_t*, int32_t*, int32_t*)>(dlsym(library, "aclrtGetVersion"));
  ASSERT_NE(version, nullptr);
  int32_t major = 0;
  int32_t minor = 0;
  int32_t patch = 0;
  EXPECT_EQ(version(&major, &minor, &patch), 0);
  EXPECT_EQ(major, 1);
  EXPECT_EQ(minor, GetParam().interface_minor);
}

INSTANTIATE_TEST_SUITE_P(
    All, ReleasesTest,
    ::testing::Values(Library{HOSTACL_8_0, "aclrtMalloc", "aclmdlExecuteV2", 2},
                      Library{HOSTACL_8_1, "aclmdlExecuteV2", "aclrtMemcpyAsyncWithCondition", 12},
                      Library{HOSTACL_8_3, "aclrtMemcpyAsyncWithCondition", "aclrtStreamAbort", 12},
                      Library{HOSTACL_8_5, "aclrtStreamAbort", "aclrtLaunchHostFunc", 15},
                      Library{HOSTACL_9_0, "aclrtLaunchHostFunc", "aclopExecuteV2", 15}));

}  // namespace
