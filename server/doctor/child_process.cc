// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

constexpr int kTimeoutKilled = 137;  // of coreutils' timeout -s KILL
constexpr int kSignalled = 128;
constexpr int kTimeoutFailed = 125;    // it failed itself
constexpr int kFirstNotStarted = 126;  // 126 and 127: the program cannot be run, or is not there
constexpr int kLastNotStarted = 127;

std::vector<std::string> EnvironmentOf(const ChildCommand& command) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    bool ours = true;
    for (const auto& [name, value] : command.variables) {
      if (absl::StartsWith(*entry, name + "=")) ours = false;
    }
    if (ours) variables.emplace_back(*entry);
  }
  for (const auto& [name, value] : command.variables) {
    if (!value.empty()) variables.push_back(absl::StrCat(name, "=", value));
  }
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

absl::StatusOr<int> RunChild(const ChildCommand& command) {
  // Of coreutils, so that no wait here needs a deadline of its own.
  std::vector<std::string> arguments = {"timeout", "-s", "KILL",
                                        absl::StrCat(absl::ToInt64Seconds(command.limit))};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = EnvironmentOf(command);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, command.output.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "timeout", &files, nullptr, Pointers(arguments).data(),
                                  Pointers(environment).data());
  posix_spawn_file_actions_destroy(&files);
  const std::string& program = command.arguments.front();
  if (failed != 0) {
    return absl::UnavailableError(absl::StrCat(program, ": cannot be started: ", strerror(failed)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return absl::UnavailableError(absl::StrCat(program, ": ", strerror(errno)));
  }
  // timeout ends by the signal that ended the program, its own included.
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (signal == SIGKILL || (signal == 0 && WEXITSTATUS(status) == kTimeoutKilled)) {
    return absl::DeadlineExceededError(absl::StrCat(
        program, ": not ended after ", absl::FormatDuration(command.limit), ", or was killed"));
  }
  if (signal != 0) return kSignalled + signal;
  const int code = WEXITSTATUS(status);
  if (code == kTimeoutFailed || (code >= kFirstNotStarted && code <= kLastNotStarted)) {
    return absl::UnavailableError(
        absl::StrCat(program, ": cannot be started; see ", command.output));
  }
  return code;
}

}  // namespace omserve
