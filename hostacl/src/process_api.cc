// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The process part of the C interface: acl/acl.h and the type part of acl/acl_base.h.
#include "acl/acl.h"
#include "data_type.h"
#include "failure.h"
#include "half.h"
#include "runtime.h"

using hostacl::Fail;
using hostacl::Runtime;

aclError aclInit(const char* configPath) {
  (void)configPath;  // dump and profiling settings have no meaning here
  return Runtime::Get().Init();
}

aclError aclFinalize() { return Runtime::Get().Finalize(); }

aclError aclrtGetVersion(int32_t* majorVersion, int32_t* minorVersion, int32_t* patchVersion) {
  if (majorVersion == nullptr || minorVersion == nullptr || patchVersion == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetVersion: null argument");
  }
  *majorVersion = ACL_MAJOR_VERSION;
  *minorVersion = ACL_MINOR_VERSION;
  *patchVersion = ACL_PATCH_VERSION;
  return ACL_SUCCESS;
}

const char* aclGetRecentErrMsg() { return hostacl::TakeRecentMessage(); }

const char* aclrtGetSocName() { return Runtime::Get().SocName(); }

float aclFloat16ToFloat(aclFloat16 value) { return hostacl::HalfToFloat(value); }
aclFloat16 aclFloatToFloat16(float value) { return hostacl::FloatToHalf(value); }

size_t aclDataTypeSize(aclDataType dataType) { return hostacl::DataTypeSize(dataType); }
