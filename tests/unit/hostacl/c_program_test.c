/* SPDX-FileCopyrightText: The omserve authors
   SPDX-License-Identifier: Apache-2.0

   A C program against acl/acl.h: that it compiles, and that a whole round works from C. */
#include <stdio.h>
#include <string.h>

#include "acl/acl.h"

static int failures = 0;

static void expect(aclError got, aclError wanted, int line) {
  if (got == wanted) return;
  fprintf(stderr, "line %d: %d instead of %d\n", line, got, wanted);
  ++failures;
}
#define EXPECT(call, wanted) expect((call), (wanted), __LINE__)

int main(void) {
  aclrtStream stream = NULL;
  void* device = NULL;
  char there[64];
  char back[64];
  memset(there, 7, sizeof there);
  memset(back, 0, sizeof back);
  EXPECT(aclInit(NULL), ACL_SUCCESS);
  EXPECT(aclrtSetDevice(0), ACL_ERROR_NONE);
  EXPECT(aclrtCreateStream(&stream), ACL_SUCCESS);
  EXPECT(aclrtMalloc(&device, sizeof there, ACL_MEM_MALLOC_HUGE_FIRST), ACL_SUCCESS);
  EXPECT(aclrtMemcpy(device, sizeof there, there, sizeof there, ACL_MEMCPY_HOST_TO_DEVICE),
         ACL_SUCCESS);
  EXPECT(aclrtMemcpy(back, sizeof back, device, sizeof back, ACL_MEMCPY_DEVICE_TO_HOST),
         ACL_SUCCESS);
  if (memcmp(there, back, sizeof there) != 0) ++failures;
  EXPECT(aclrtFree(NULL), ACL_ERROR_INVALID_PARAM);
  EXPECT(aclrtFree(device), ACL_SUCCESS);
  EXPECT(aclrtSynchronizeStream(stream), ACL_SUCCESS);
  EXPECT(aclrtDestroyStream(stream), ACL_SUCCESS);
  EXPECT(aclrtResetDevice(0), ACL_SUCCESS);
  EXPECT(aclFinalize(), ACL_SUCCESS);
  ACL_APP_LOG(ACL_INFO, "%d failures", failures);
  return failures == 0 ? 0 : 1;
}
