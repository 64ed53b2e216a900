// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hostacl {

class Profile;

// What one acted card is. A value.
struct DeviceSpec {
  int physical = 0;        // the card's own number, whatever the process sees
  std::string soc;         // with the prefix, as aclrtGetSocName gives it: Ascend910B3
  bool soc_given = false;  // by HOSTACL_SOC or the profile; models of other chips are then refused
  size_t memory = 0;       // bytes
};

// All cards of this host: HOSTACL_DEVICES of them, with HOSTACL_SOC and HOSTACL_DEVICE_MEMORY_MIB
// (one value, or one a card, separated by commas), else what `profile` says (null: none), else
// Ascend310P3 with 4096 MiB. False and a message in `problem` for a list of the wrong length, an
// empty name, or a size that is no whole number of 1 to 1048576 MiB. Thread-safe.
bool ListDevices(const Profile* profile, std::vector<DeviceSpec>* devices, std::string* problem);

// Ascend910B3 for 910B3, Ascend910B3 and ascend910B3.
std::string NormalSoc(const std::string& name);
// 910B3 for any of them.
std::string ChipName(const std::string& soc);

}  // namespace hostacl
