// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include <cctype>
#include <cstdlib>

namespace hostacl {

std::string TextVariable(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : fallback;
}

size_t NumberVariable(const char* name, size_t fallback) {
  const std::string text = TextVariable(name, "");
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  return end == text.c_str() || *end != '\0' || value == 0 ? fallback : static_cast<size_t>(value);
}

std::vector<int> VisibleDevices(size_t physical) {
  std::vector<int> shown;
  const char* value = std::getenv("ASCEND_RT_VISIBLE_DEVICES");
  if (value == nullptr) {
    for (size_t i = 0; i < physical; ++i) shown.push_back(static_cast<int>(i));
    return shown;
  }
  for (const char* at = value; std::isdigit(static_cast<unsigned char>(*at)) != 0;) {
    char* end = nullptr;
    const long long id = std::strtoll(at, &end, 10);
    // An id with something else behind its digits is not valid as a whole.
    if (*end != ',' && *end != '\0') break;
    if (static_cast<size_t>(id) >= physical) break;
    if (!shown.empty() && id <= shown.back()) break;
    shown.push_back(static_cast<int>(id));
    if (*end == '\0') break;
    at = end + 1;
  }
  return shown;
}

}  // namespace hostacl
