// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace omserve::bench {

class Http2Connection;

// A server of unary gRPC calls without TLS or compression, on one thread, HTTP/2 by nghttp2: what
// stands between the socket and the handler is microseconds, so that a delay that is put there is
// what a client sees. For benchmarks: it trusts its clients. Not thread-safe.
class UnaryServer {
 public:
  using Clock = std::chrono::steady_clock;
  struct Call {
    std::string path;           // "/package.Service/Method"
    std::string message;        // serialized request
    Clock::time_point arrived;  // just after its last bytes were read from the socket
  };
  struct Answer {
    std::string message;   // serialized
    Clock::time_point at;  // when it is to leave; in the past: now
    // Called just after its last bytes were written to the socket.
    std::function<void(Clock::time_point)> left = {};
  };
  // Nothing: the method is unknown (UNIMPLEMENTED).
  using Handler = std::function<std::optional<Answer>(const Call&)>;

  // Listens on a free port of 127.0.0.1. Ends the process with a message when that fails.
  explicit UnaryServer(Handler handler);
  UnaryServer(const UnaryServer&) = delete;
  UnaryServer& operator=(const UnaryServer&) = delete;
  ~UnaryServer();

  int port() const { return port_; }

  // Serves until 'stop' can be read.
  void Run(int stop);

 private:
  // An answer that waits for its time; its connection or its stream may be gone by then.
  struct Waiting {
    int connection = 0;
    int stream = 0;
    Answer answer;
  };

  void Accept();
  void Receive(int socket);
  void SendDue();

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::map<int, std::unique_ptr<Http2Connection>> connections_;  // by socket
  std::multimap<Clock::time_point, Waiting> waiting_;
};

}  // namespace omserve::bench
