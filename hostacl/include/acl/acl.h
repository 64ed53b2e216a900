// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
//
// The AscendCL C interface: process level. Includes the runtime and the model parts.
#pragma once

#include "acl_base.h"
#include "acl_mdl.h"
#include "acl_rt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACL_MAJOR_VERSION 1
#define ACL_MINOR_VERSION 2
#define ACL_PATCH_VERSION 0

// A null or empty path means the defaults.
ACL_FUNC_VISIBILITY aclError aclInit(const char* configPath);
ACL_FUNC_VISIBILITY aclError aclFinalize();
ACL_FUNC_VISIBILITY aclError aclrtGetVersion(int32_t* majorVersion, int32_t* minorVersion,
                                             int32_t* patchVersion);
// Reads and clears the calling thread's message; valid until the thread's next call of this.
ACL_FUNC_VISIBILITY const char* aclGetRecentErrMsg();
ACL_FUNC_VISIBILITY const char* aclrtGetSocName();

#ifdef __cplusplus
}
#endif
