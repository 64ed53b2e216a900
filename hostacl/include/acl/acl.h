// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
//
// The AscendCL C interface as one include: base types, runtime and models, with the start and the
// end of the process. Declared from the public documentation, in our own words; usable from C and
// from C++.
//
// Left out: single operators (CANN's acl_op.h, acl_op_compiler.h, aclnn) and the libraries under
// acl/ops (DVPP, BLAS, feature retrieval). hostacl runs whole models only, so a program that uses
// those does not compile against these headers.
#pragma once

#include "acl_base.h"
#include "acl_mdl.h"
#include "acl_rt.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ACL_PKG_VERSION_MAX_SIZE 128
#define ACL_PKG_VERSION_PARTS_MAX_SIZE 64

// Which installed package aclsysGetCANNVersion is asked about.
typedef enum aclCANNPackageName {
  ACL_PKG_NAME_CANN = 0,
  ACL_PKG_NAME_RUNTIME = 1,
  ACL_PKG_NAME_COMPILER = 2,
  ACL_PKG_NAME_HCCL = 3,
  ACL_PKG_NAME_TOOLKIT = 4,
  ACL_PKG_NAME_OPP = 5,
  ACL_PKG_NAME_OPP_KERNEL = 6,
  ACL_PKG_NAME_DRIVER = 7
} aclCANNPackageName;

// A version as text, whole and in its parts; every array ends in a zero byte.
typedef struct aclCANNPackageVersion {
  char version[ACL_PKG_VERSION_MAX_SIZE];
  char majorVersion[ACL_PKG_VERSION_PARTS_MAX_SIZE];
  char minorVersion[ACL_PKG_VERSION_PARTS_MAX_SIZE];
  char releaseVersion[ACL_PKG_VERSION_PARTS_MAX_SIZE];
  char patchVersion[ACL_PKG_VERSION_PARTS_MAX_SIZE];
  char reserved[ACL_PKG_VERSION_MAX_SIZE];
} aclCANNPackageVersion;

// Starts AscendCL in this process; every other function wants it first (100001 otherwise).
// configPath: a JSON file, or NULL or "" for the defaults. 100003 the file cannot be read, 100006
// it is not JSON, 100008 a key has a value out of range, 100002 already started (since CANN 8.5
// the call is counted all the same, see aclFinalizeReference). Thread-safe.
ACL_FUNC_VISIBILITY aclError aclInit(const char* configPath);
// Ends AscendCL whatever the count of aclInit calls; aclInit may follow. 100037 when not started.
// Not from the destructor of a static object. Thread-safe.
ACL_FUNC_VISIBILITY aclError aclFinalize(void);
// CANN 8.5. Takes one aclInit back and ends AscendCL with the last one. refCount: the count that
// remains, or NULL. 100037 when not started. Thread-safe.
ACL_FUNC_VISIBILITY aclError aclFinalizeReference(uint64_t* refCount);
// The version of this interface (ACL_MAJOR_VERSION and so on), not of CANN. 100000 for a null
// pointer. Thread-safe.
ACL_FUNC_VISIBILITY aclError aclrtGetVersion(int32_t* majorVersion, int32_t* minorVersion,
                                             int32_t* patchVersion);
// CANN 8.1. The version of an installed package. 100000 for a null pointer or an unknown name,
// 100003 when the package is not installed. Thread-safe.
ACL_FUNC_VISIBILITY aclError aclsysGetCANNVersion(aclCANNPackageName name,
                                                  aclCANNPackageVersion* version);
// The newest error message, read and cleared; NULL when there is none. Per thread, or per process
// with "err_msg_mode":"1" in aclInit's file. The pointer lives until the next call; copy at once.
ACL_FUNC_VISIBILITY const char* aclGetRecentErrMsg(void);

#ifdef __cplusplus
}
#endif
