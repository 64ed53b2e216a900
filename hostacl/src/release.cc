// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "release.h"

namespace hostacl {

// One object for each library: HOSTACL_RELEASE is the CANN release that it stands for.
const Release& ThisRelease() {
  static constexpr Release kReleases[] = {
      {80, "8.0.0", "8", "0", 2},  {81, "8.1.RC1", "8", "1", 12}, {83, "8.3.RC1", "8", "3", 12},
      {85, "8.5.0", "8", "5", 15}, {90, "9.0.0", "9", "0", 15},
  };
  for (const Release& release : kReleases) {
    if (release.number == HOSTACL_RELEASE) return release;
  }
  return kReleases[4];
}

}  // namespace hostacl
