// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/secret_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

constexpr size_t kMostBytes = 1 << 20;

absl::Status Failed(absl::string_view field, const std::string& path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat(field, ": cannot read ", path));
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(absl::string_view field, const std::string& path) {
  // Never waits for the other end of a pipe.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Failed(field, path, errno);
  const absl::Cleanup close_it = [file] { close(file); };
  std::string out;
  char block[16384];
  while (true) {
    const ssize_t got = read(file, block, sizeof(block));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed(field, path, errno);
    if (got == 0) return out;
    out.append(block, static_cast<size_t>(got));
    if (out.size() > kMostBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ": ", path, " is larger than ", kMostBytes, " bytes"));
    }
  }
}

}  // namespace omserve
