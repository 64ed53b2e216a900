// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace omserve::bench {

// The server's side of one HTTP/2 connection with unary gRPC calls. Owns its socket, which does
// not block. Not thread-safe.
class Http2Connection {
 public:
  // A whole request has come: its stream, ":path" and message.
  using OnCall = std::function<void(int32_t stream, std::string path, std::string message)>;

  Http2Connection(int socket, OnCall on_call);
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;
  ~Http2Connection();

  // Reads what has come, calling 'on_call' for each whole request. False: the connection is over.
  bool Receive();

  // Queues the answer to a stream; one that is gone is left alone. Flush sends it.
  void Answer(int32_t stream, std::string message);
  // The same with nothing but a status of gRPC.
  void Refuse(int32_t stream, int grpc_status);

  // Writes what the socket takes. False: the connection is over.
  bool Flush();
  // Whether something is left to write.
  bool blocked() const { return !unsent_.empty(); }

 private:
  struct Stream {
    std::string path;
    std::string request;  // with its prefix
    std::string answer;   // with its prefix
    size_t read = 0;      // of the answer
  };

  static Http2Connection& Of(void* user) { return *static_cast<Http2Connection*>(user); }
  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t flags,
                      void* user);
  static int OnData(nghttp2_session* session, uint8_t flags, int32_t stream, const uint8_t* data,
                    size_t size, void* user);
  static int OnFrame(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int OnClose(nghttp2_session* session, int32_t stream, uint32_t error, void* user);
  static ssize_t ReadAnswer(nghttp2_session* session, int32_t stream, uint8_t* buffer, size_t size,
                            uint32_t* flags, nghttp2_data_source* source, void* user);

  const int socket_;
  const OnCall on_call_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Stream> streams_;
  std::string unsent_;
};

}  // namespace omserve::bench
