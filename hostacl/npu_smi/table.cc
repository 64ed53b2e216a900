// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <cstdio>
#include <string>

namespace hostacl {
namespace {

// Widths of the three columns between the bars.
constexpr size_t kWidths[] = {27, 17, 54};

std::string Rule(char line) {
  std::string text = "+";
  for (const size_t width : kWidths) text += std::string(width, line) + "+";
  return text + "\n";
}

std::string Pad(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string Row(const std::string& first, const std::string& second, const std::string& third) {
  return "|" + Pad(" " + first, kWidths[0]) + "|" + Pad(" " + second, kWidths[1]) + "|" +
         Pad(" " + third, kWidths[2]) + "|\n";
}

std::string BusId(const DeviceSpec& device) {
  char text[24];
  std::snprintf(text, sizeof text, "0000:%02X:00.0", (0x81 + device.physical) & 0xFF);
  return text;
}

std::string Key(const std::string& key, const std::string& value) {
  return "\t" + Pad(key, 31) + ": " + value + "\n";
}

}  // namespace

void PrintTable(const std::vector<DeviceSpec>& devices, std::ostream* out) {
  const size_t width = kWidths[0] + kWidths[1] + kWidths[2] + 2;
  *out << "+" << std::string(width, '-') << "+\n"
       << "|" << Pad(" npu-smi 24.1.0   Version: 24.1.0   (hostacl: devices acted by a CPU)", width)
       << "|\n"
       << Rule('-')
       << Row("NPU     Name", "Health", "Power(W)     Temp(C)           Hugepages-Usage(page)")
       << Row("Chip    Device", "Bus-Id", "AICore(%)    Memory-Usage(MB)") << Rule('=');
  for (const DeviceSpec& device : devices) {
    const std::string number = Pad(std::to_string(device.physical), 8);
    *out << Row(number + ChipName(device.soc), "OK", "NA           40                0     / 0")
         << Row("0       " + std::to_string(device.physical), BusId(device),
                "0            0     / " + std::to_string(device.memory >> 20))
         << Rule('=');
  }
}

void PrintList(const std::vector<DeviceSpec>& devices, std::ostream* out) {
  *out << Key("Total Count", std::to_string(devices.size())) << "\n";
  for (const DeviceSpec& device : devices) {
    *out << Key("NPU ID", std::to_string(device.physical)) << Key("Chip Count", "1") << "\n";
  }
}

void PrintBoard(const DeviceSpec& device, std::ostream* out) {
  *out << Key("NPU ID", std::to_string(device.physical)) << Key("Chip ID", "0")
       << Key("Chip Type", "Ascend") << Key("Chip Name", ChipName(device.soc))
       << Key("Chip Version", "V1") << Key("PCIe Bus Info", BusId(device)) << "\n";
}

}  // namespace hostacl
