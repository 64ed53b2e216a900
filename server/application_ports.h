// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"

namespace omserve {

// The ports that a server really listens on.
struct Ports {
  int grpc = 0;
  int control = 0;
  int health = 0;
  int metrics = 0;
};

// Writes {"grpc":1,"control":2,"health":3,"metrics":4}; the file appears whole or not at all.
absl::Status WritePortsFile(const std::string& path, const Ports& ports);

}  // namespace omserve
