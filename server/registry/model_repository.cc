// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/model_repository.h"

#include <cstddef>

namespace omserve {

std::string_view ModelStateName(ModelState state) {
  constexpr std::string_view kNames[] = {"UNAVAILABLE", "LOADING", "READY", "UNLOADING"};
  return kNames[static_cast<size_t>(state)];
}

}  // namespace omserve
