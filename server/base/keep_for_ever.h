// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace omserve {

// Takes what a device that hangs may still use: it lives until the process ends. The kept objects
// of a type stay reachable, so that no leak checker takes them for lost. Callers take turns.
template <typename T>
void KeepForEver(std::unique_ptr<T> object) {
  static auto* const kept = new std::vector<std::unique_ptr<T>>();
  kept->push_back(std::move(object));
}

}  // namespace omserve
