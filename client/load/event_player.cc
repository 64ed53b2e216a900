// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/event_player.h"

#include <grpcpp/grpcpp.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/load/rpc_outcome.h"
#include "omserve/v1/control.grpc.pb.h"

namespace omserve::client {
namespace {

using Stub = v1::Control::Stub;

constexpr absl::Duration kLook = absl::Milliseconds(20);  // how often a child is looked at

template <typename Request, typename Response>
absl::Status Change(const std::string& control, const Access& access, const RunEvent& event,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  grpc::ChannelArguments arguments;
  access.Configure(arguments);
  const auto stub =
      v1::Control::NewStub(grpc::CreateCustomChannel(control, access.Credentials(), arguments));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + EventPlayer::kPatience));
  Request request;
  access.Sign(context);
  request.set_model(event.model);
  request.set_version(event.version);
  Response response;
  const grpc::Status status = (stub.get()->*method)(&context, request, &response);
  return absl::Status(CodeOf(status), status.error_message());
}

// Runs it with the shell; killed after kPatience.
absl::Status RunCommand(const std::string& command) {
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string text = command;
  char* const words[] = {shell.data(), option.data(), text.data(), nullptr};
  pid_t child = 0;
  if (posix_spawn(&child, "/bin/sh", nullptr, nullptr, words, environ) != 0) {
    return absl::InternalError("cannot start /bin/sh");
  }
  Mutex mutex;
  CondVar never;
  int status = 0;
  const absl::Time end = absl::Now() + EventPlayer::kPatience;
  while (waitpid(child, &status, WNOHANG) == 0) {
    if (absl::Now() > end) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return absl::DeadlineExceededError("it did not end in time");
    }
    MutexLock lock(mutex);
    never.WaitFor(mutex, kLook);
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0
             ? absl::OkStatus()
             : absl::UnknownError(absl::StrCat("wait status ", status));
}

}  // namespace

EventPlayer::EventPlayer(std::vector<RunEvent> events, std::string control, Access access,
                         const LoadProgress* progress, std::function<void()> reconnect)
    : events_(std::move(events)),
      control_(std::move(control)),
      access_(std::move(access)),
      progress_(progress),
      reconnect_(std::move(reconnect)) {
  if (!events_.empty()) thread_ = std::thread([this] { Play(); });
}

EventPlayer::~EventPlayer() { Stop(); }

std::vector<RunEventOutcome> EventPlayer::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    stopped_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  return std::move(outcomes_);
}

bool EventPlayer::WaitFor(absl::Duration at) {
  MutexLock lock(mutex_);
  while (!stop_) {
    const LoadTime begin = progress_->measured_begin();
    const LoadTime now = std::chrono::steady_clock::now();
    absl::Duration left = kLook;  // the warm-up goes on
    if (begin != LoadTime::max()) {
      left = at - absl::FromChrono(now - begin);
      if (left <= absl::ZeroDuration()) return true;
    }
    stopped_.WaitFor(mutex_, std::min(left, absl::Seconds(1)));
  }
  return false;
}

absl::Status EventPlayer::Do(const RunEvent& event) {
  switch (event.kind) {
    case RunEvent::Kind::kReload:
      return Change(control_, access_, event, &Stub::Reload);
    case RunEvent::Kind::kLoad:
      return Change(control_, access_, event, &Stub::Load);
    case RunEvent::Kind::kUnload:
      return Change(control_, access_, event, &Stub::Unload);
    case RunEvent::Kind::kReconnect:
      reconnect_();
      return absl::OkStatus();
    case RunEvent::Kind::kCommand:
      return RunCommand(event.command);
    case RunEvent::Kind::kMark:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void EventPlayer::Play() {
  for (const RunEvent& event : events_) {
    if (!WaitFor(event.at)) return;
    ++begun_;
    const LoadTime begin = std::chrono::steady_clock::now();
    RunEventOutcome outcome;
    outcome.name = event.name;
    outcome.at_s = std::chrono::duration<double>(begin - progress_->measured_begin()).count();
    outcome.status = Do(event);
    outcome.took_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    outcomes_.push_back(std::move(outcome));
  }
}

}  // namespace omserve::client
