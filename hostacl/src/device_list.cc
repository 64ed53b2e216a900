// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "device_list.h"

#include <strings.h>

#include <charconv>
#include <string_view>

#include "environment.h"
#include "profile.h"

namespace hostacl {
namespace {

constexpr std::string_view kPrefix = "Ascend";
constexpr size_t kMostMib = size_t{1} << 20;

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// The values of a variable, or of the profile when the variable is not set.
struct Values {
  std::vector<std::string> texts;
  std::string origin;  // for messages

  bool Fits(size_t count, std::string* problem) const {
    if (texts.empty() || texts.size() == 1 || texts.size() == count) return true;
    *problem = origin + " has " + std::to_string(texts.size()) + " values for " +
               std::to_string(count) + " devices (HOSTACL_DEVICES): give one, or one a device";
    return false;
  }
  const std::string& At(size_t i) const { return texts.size() == 1 ? texts[0] : texts[i]; }
};

Values Read(const char* variable, const std::vector<std::string>& from_profile,
            const std::string& profile_key) {
  const std::string text = TextVariable(variable, "");
  if (!text.empty()) return Values{.texts = Split(text), .origin = variable};
  return Values{.texts = from_profile, .origin = "HOSTACL_PROFILE: \"" + profile_key + "\""};
}

}  // namespace

std::string NormalSoc(const std::string& name) { return std::string(kPrefix) + ChipName(name); }

std::string ChipName(const std::string& soc) {
  if (strncasecmp(soc.c_str(), kPrefix.data(), kPrefix.size()) != 0) return soc;
  return soc.substr(kPrefix.size());
}

bool ListDevices(const Profile* profile, std::vector<DeviceSpec>* devices, std::string* problem) {
  const size_t count = NumberVariable("HOSTACL_DEVICES", 2);
  static const std::vector<std::string> kNone;
  const Values socs = Read("HOSTACL_SOC", profile != nullptr ? profile->socs() : kNone, "soc");
  const Values sizes =
      Read("HOSTACL_DEVICE_MEMORY_MIB", profile != nullptr ? profile->memory_mib() : kNone,
           "device_memory_mib");
  if (!socs.Fits(count, problem) || !sizes.Fits(count, problem)) return false;
  devices->clear();
  for (size_t i = 0; i < count; ++i) {
    DeviceSpec device{.physical = static_cast<int>(i), .soc = "Ascend310P3", .memory = 4096};
    if (!socs.texts.empty()) {
      device.soc = NormalSoc(socs.At(i));
      device.soc_given = true;
      if (ChipName(device.soc).empty()) {
        *problem = socs.origin + ": the name for device " + std::to_string(i) +
                   " is empty; write e.g. Ascend910B3";
        return false;
      }
    }
    if (!sizes.texts.empty()) {
      const std::string& text = sizes.At(i);
      const auto [end, error] =
          std::from_chars(text.data(), text.data() + text.size(), device.memory);
      if (error != std::errc() || end != text.data() + text.size() || device.memory == 0 ||
          device.memory > kMostMib) {
        *problem = sizes.origin + ": '" + text + "' for device " + std::to_string(i) +
                   " is no whole number of 1 to 1048576 MiB";
        return false;
      }
    }
    device.memory <<= 20;
    devices->push_back(std::move(device));
  }
  return true;
}

}  // namespace hostacl
