// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/loadtest/unary_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>
#include <vector>

#include "tests/bench/loadtest/http2_connection.h"

namespace omserve::bench {
namespace {

constexpr int kUnimplemented = 12;  // of gRPC
constexpr int kBacklog = 128;

void Check(bool good, const char* what) {
  if (good) return;
  std::perror(what);
  std::exit(1);
}

timespec Left(std::chrono::nanoseconds left) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
}

}  // namespace

UnaryServer::UnaryServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  Check(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
  Check(listen(listener_, kBacklog) == 0, "listen");
  Check(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  port_ = ntohs(address.sin_port);
}

UnaryServer::~UnaryServer() { close(listener_); }

void UnaryServer::Run(int stop) {
  Check(prctl(PR_SET_TIMERSLACK, 1) == 0, "prctl");  // nanoseconds
  std::vector<pollfd> polled;
  while (true) {
    polled = {{stop, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [socket, connection] : connections_) {
      polled.push_back(
          {socket, static_cast<short>(connection->blocked() ? POLLIN | POLLOUT : POLLIN), 0});
    }
    timespec left = {};
    if (!waiting_.empty()) {
      left = Left(std::max(waiting_.begin()->first - Clock::now(), Clock::duration::zero()));
    }
    ppoll(polled.data(), polled.size(), waiting_.empty() ? nullptr : &left, nullptr);
    if (polled[0].revents != 0) return;
    if (polled[1].revents != 0) Accept();
    for (size_t i = 2; i < polled.size(); ++i) {
      if (polled[i].revents != 0) Receive(polled[i].fd);
    }
    SendDue();
  }
}

void UnaryServer::Accept() {
  const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return;
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const auto call = [this, socket](int32_t stream, std::string path, std::string message) {
    std::optional<Answer> answer = handler_({std::move(path), std::move(message), Clock::now()});
    if (!answer.has_value()) return connections_.at(socket)->Refuse(stream, kUnimplemented);
    const Clock::time_point at = answer->at;
    waiting_.emplace(at, Waiting{socket, stream, *std::move(answer)});
  };
  connections_[socket] = std::make_unique<Http2Connection>(socket, call);
}

void UnaryServer::Receive(int socket) {
  Http2Connection& connection = *connections_.at(socket);
  if (connection.Receive() && connection.Flush()) return;
  connections_.erase(socket);
  // A later connection may have the same number.
  std::erase_if(waiting_, [socket](const auto& due) { return due.second.connection == socket; });
}

void UnaryServer::SendDue() {
  while (!waiting_.empty() && waiting_.begin()->first <= Clock::now()) {
    const Waiting due = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    Http2Connection& connection = *connections_.at(due.connection);
    connection.Answer(due.stream, due.answer.message);
    connection.Flush();
    if (due.answer.left != nullptr) due.answer.left(Clock::now());
  }
}

}  // namespace omserve::bench
