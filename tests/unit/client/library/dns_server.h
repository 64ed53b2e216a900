// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace omserve::client {

// A name server on a loopback port that knows every name, with the same IPv4 addresses (RFC 1035).
// Single-thread; answers on a thread of its own.
class DnsServer {
 public:
  explicit DnsServer(std::vector<std::string> addresses) : addresses_(std::move(addresses)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    const bool bound = bind(socket_, reinterpret_cast<sockaddr*>(&own), size) == 0 &&
                       getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size) == 0;
    port_ = bound ? ntohs(own.sin_port) : 0;
    thread_ = std::thread([this] { Answer(); });
  }
  ~DnsServer() {
    stop_.store(true);
    thread_.join();
    close(socket_);
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  int port() const { return port_; }
  int questions() const { return questions_.load(); }

 private:
  static constexpr size_t kHeader = 12;
  static constexpr uint8_t kTypeA = 1;

  void Answer() {
    pollfd ready{socket_, POLLIN, 0};
    while (!stop_.load()) {
      if (poll(&ready, 1, 50) != 1) continue;
      std::string message(512, '\0');
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t got = recvfrom(socket_, message.data(), message.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
      if (got <= static_cast<ssize_t>(kHeader)) continue;
      message.resize(static_cast<size_t>(got));
      questions_.fetch_add(1);
      const std::string reply = ReplyTo(message);
      sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
  }

  // The first question again, and, if it asks for IPv4 addresses, these.
  std::string ReplyTo(const std::string& message) const {
    const size_t end = message.find('\0', kHeader) + 5;  // the name's end, type and class
    std::string reply = message.substr(0, end);
    const bool asked = static_cast<uint8_t>(message[end - 3]) == kTypeA;
    reply[2] = static_cast<char>(0x84);  // an authoritative answer
    reply[3] = 0;
    const std::string counts = {0, 1, 0, static_cast<char>(asked ? addresses_.size() : 0),
                                0, 0, 0, 0};
    reply.replace(4, counts.size(), counts);
    for (const std::string& address : asked ? addresses_ : std::vector<std::string>()) {
      // The name is the one at offset 12; type A, class IN, valid for a second, 4 bytes.
      reply += std::string("\xc0\x0c\0\x01\0\x01\0\0\0\x01\0\x04", 12);
      in_addr bytes{};
      inet_pton(AF_INET, address.c_str(), &bytes);
      reply.append(reinterpret_cast<const char*>(&bytes), 4);
    }
    return reply;
  }

  const std::vector<std::string> addresses_;
  const int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> questions_{0};
  std::thread thread_;
};

}  // namespace omserve::client
