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

size_t VisibleDevices(size_t physical) {
  const char* value = std::getenv("ASCEND_RT_VISIBLE_DEVICES");
  if (value == nullptr) return physical;
  size_t shown = 0;
  long long last = -1;
  for (const char* at = value; std::isdigit(static_cast<unsigned char>(*at)) != 0;) {
    char* end = nullptr;
    const long long id = std::strtoll(at, &end, 10);
    if (id <= last || static_cast<size_t>(id) >= physical) break;
    last = id;
    ++shown;
    if (*end != ',') break;
    at = end + 1;
  }
  return shown;
}

}  // namespace hostacl
