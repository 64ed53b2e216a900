// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/acl_api.h"

#include <dlfcn.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

template <typename Function>
bool Bind(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AclApi>> AclApi::Load(const std::string& library_path) {
  void* library = dlopen(library_path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = dlerror();
    return absl::NotFoundError(absl::StrCat(
        "the ACL library cannot be loaded; point the configuration at CANN's libascendcl.so or at "
        "hostacl's: ",
        why == nullptr ? library_path : why));
  }
  auto api = std::make_unique<AclApi>();
#define OMSERVE_ACL_BIND(name)                                                            \
  if (!Bind(library, #name, api->name)) {                                                 \
    return absl::FailedPreconditionError(absl::StrCat(                                    \
        "the ACL library lacks " #name "; CANN 8.0 or newer is needed: ", library_path)); \
  }
  OMSERVE_ACL_REQUIRED(OMSERVE_ACL_BIND)
#undef OMSERVE_ACL_BIND
#define OMSERVE_ACL_BIND(name) Bind(library, #name, api->name);
  OMSERVE_ACL_OPTIONAL(OMSERVE_ACL_BIND)
#undef OMSERVE_ACL_BIND
  return api;
}

}  // namespace omserve
