// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The process part of the C interface: acl/acl.h and the type part of acl/acl_base.h.
#include <cmath>
#include <cstring>

#include "acl/acl.h"
#include "call.h"
#include "data_type.h"
#include "failure.h"
#include "half.h"
#include "release.h"
#include "runtime.h"

using hostacl::CallKind;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::Runtime;

aclError aclInit(const char* configPath) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  hostacl::InitConfig config;
  if (const aclError error = hostacl::ReadInitConfig(configPath, &config)) return error;
  const aclError error = Runtime::Get().Init(config);
  if (error == ACL_SUCCESS) hostacl::SetStarted(true);
  return error;
}

aclError aclFinalize() {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  const aclError error = Runtime::Get().Finalize();
  if (error == ACL_SUCCESS) hostacl::SetStarted(false);
  return error;
}

aclError aclFinalizeReference(uint64_t* refCount) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  uint64_t left = 0;
  const aclError error = Runtime::Get().FinalizeReference(&left);
  if (refCount != nullptr) *refCount = left;
  if (error == ACL_SUCCESS && left == 0) hostacl::SetStarted(false);
  return error;
}

aclError aclrtGetVersion(int32_t* majorVersion, int32_t* minorVersion, int32_t* patchVersion) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (majorVersion == nullptr || minorVersion == nullptr || patchVersion == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetVersion: null argument");
  }
  *majorVersion = ACL_MAJOR_VERSION;
  *minorVersion = hostacl::ThisRelease().interface_minor;
  *patchVersion = ACL_PATCH_VERSION;
  return ACL_SUCCESS;
}

aclError aclsysGetCANNVersion(aclCANNPackageName name, aclCANNPackageVersion* version) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (version == nullptr || name < ACL_PKG_NAME_CANN || name > ACL_PKG_NAME_DRIVER) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclsysGetCANNVersion: null argument or unknown package");
  }
  if (name != ACL_PKG_NAME_CANN && name != ACL_PKG_NAME_RUNTIME) {
    return Fail(ACL_ERROR_INVALID_FILE, "aclsysGetCANNVersion: package ", static_cast<int>(name),
                " is not installed; there are CANN and RUNTIME");
  }
  *version = aclCANNPackageVersion{};
  const hostacl::Release& release = hostacl::ThisRelease();
  std::strcpy(version->version, release.version);
  std::strcpy(version->majorVersion, release.major);
  std::strcpy(version->minorVersion, release.minor);
  std::strcpy(version->releaseVersion, "0");
  return ACL_SUCCESS;
}

aclError aclrtPeekAtLastError(aclrtLastErrLevel level) {
  if (level == ACL_RT_THREAD_LEVEL) return hostacl::LastError();
  return Fail(ACL_ERROR_INVALID_PARAM, "aclrtPeekAtLastError: unknown level");
}

aclError aclrtGetLastError(aclrtLastErrLevel level) {
  if (level == ACL_RT_THREAD_LEVEL) return hostacl::TakeLastError();
  return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetLastError: unknown level");
}

const char* aclGetRecentErrMsg() { return hostacl::TakeRecentMessage(); }

const char* aclrtGetSocName() { return Runtime::Get().SocName(); }

float aclFloat16ToFloat(aclFloat16 value) { return hostacl::HalfToFloat(value); }

// Saturates on every chip, infinities and NaN too.
aclFloat16 aclFloatToFloat16(float value) {
  if (std::isnan(value)) return 0x7BFF;
  return hostacl::FloatToHalf(hostacl::RoundToHalf(value, /*saturate=*/true));
}

size_t aclDataTypeSize(aclDataType dataType) { return hostacl::DataTypeSize(dataType); }
