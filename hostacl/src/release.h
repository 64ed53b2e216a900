// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace hostacl {

// The CANN release that a library stands for. A value.
struct Release {
  int number;           // 80 for 8.0
  const char* version;  // of CANN
  const char* major;
  const char* minor;
  int interface_minor;  // ACL_MINOR_VERSION of that release
};

const Release& ThisRelease();

}  // namespace hostacl
