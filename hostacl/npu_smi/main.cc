// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// npu-smi for hostacl's devices: what scripts read of the vendor's tool, from the variables that
// describe the devices to the library. It shows all devices, visible to ACL or not.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "environment.h"
#include "profile.h"
#include "table.h"

namespace {

constexpr const char* kUsage =
    "usage: npu-smi info                       table of all NPUs\n"
    "       npu-smi info -l                    list of their ids\n"
    "       npu-smi info -t board -i ID [-c 0] one chip\n"
    "This is hostacl's stand-in: HOSTACL_DEVICES, HOSTACL_SOC, HOSTACL_DEVICE_MEMORY_MIB and\n"
    "HOSTACL_PROFILE say what it shows.\n";

int Refuse(const std::string& problem) {
  std::cerr << "npu-smi: " << problem << "\n" << kUsage;
  return 1;
}

// The value behind `name`, or "" without it.
std::string Option(const std::vector<std::string>& arguments, const std::string& name) {
  for (size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == name) return arguments[i + 1];
  }
  return "";
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values + 1, values + count);
  if (arguments.empty() || arguments[0] == "-h" || arguments[0] == "--help") {
    std::cout << kUsage;
    return arguments.empty() ? 1 : 0;
  }
  if (arguments[0] != "info") return Refuse("unknown command '" + arguments[0] + "'");
  std::string problem;
  std::unique_ptr<hostacl::Profile> profile;
  const std::string path = hostacl::TextVariable("HOSTACL_PROFILE", "");
  if (!path.empty()) profile = hostacl::Profile::Load(path, &problem);
  std::vector<hostacl::DeviceSpec> devices;
  if (!problem.empty() || !hostacl::ListDevices(profile.get(), &devices, &problem)) {
    return Refuse(problem);
  }
  if (arguments.size() == 1) {
    hostacl::PrintTable(devices, &std::cout);
    return 0;
  }
  if (arguments.size() == 2 && arguments[1] == "-l") {
    hostacl::PrintList(devices, &std::cout);
    return 0;
  }
  const std::string chip = Option(arguments, "-c");
  if (Option(arguments, "-t") != "board" || arguments.size() != (chip.empty() ? 5u : 7u)) {
    return Refuse("unknown options");
  }
  const std::string id = Option(arguments, "-i");
  for (const hostacl::DeviceSpec& device : devices) {
    if (std::to_string(device.physical) != id) continue;
    if (!chip.empty() && chip != "0") return Refuse("NPU " + id + " has no chip " + chip);
    hostacl::PrintBoard(device, &std::cout);
    return 0;
  }
  return Refuse("there is no NPU '" + id + "'; ids are 0 to " + std::to_string(devices.size() - 1));
}
