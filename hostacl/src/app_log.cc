// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// aclAppLog: the program's own lines in the log.
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "acl/acl_base.h"
#include "environment.h"

namespace {

constexpr const char* kNames[] = {"DEBUG", "INFO", "WARNING", "ERROR"};

// ASCEND_GLOBAL_LOG_LEVEL: 0 debug to 3 error (the default), 4 none.
int LowestLevel() {
  const std::string text = hostacl::TextVariable("ASCEND_GLOBAL_LOG_LEVEL", "3");
  return text.size() == 1 && text[0] >= '0' && text[0] <= '4' ? text[0] - '0' : 3;
}

}  // namespace

void aclAppLog(aclLogLevel logLevel, const char* func, const char* file, uint32_t line,
               const char* fmt, ...) {
  if (logLevel < ACL_DEBUG || logLevel > ACL_ERROR || fmt == nullptr) return;
  if (logLevel < LowestLevel()) return;
  if (hostacl::TextVariable("ASCEND_SLOG_PRINT_TO_STDOUT", "0") != "1") return;
  char text[1024];
  va_list arguments;
  va_start(arguments, fmt);
  std::vsnprintf(text, sizeof text, fmt, arguments);
  va_end(arguments);
  std::printf("[%s] APP(%d): [%s:%u] %d %s: %s\n", kNames[logLevel], getpid(),
              file != nullptr ? file : "", line, gettid(), func != nullptr ? func : "", text);
  std::fflush(stdout);
}
