// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Frames: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
#include "tests/bench/loadtest/http2_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace omserve::bench {
namespace {

constexpr size_t kPrefix = 5;  // of a message: a byte for its compression, its length in four

nghttp2_nv Header(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {  // nghttp2 copies them
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string WithPrefix(const std::string& message) {
  std::string framed(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) {
    framed.push_back(static_cast<char>(message.size() >> shift & 0xFF));
  }
  return framed + message;
}

}  // namespace

Http2Connection::Http2Connection(int socket, OnCall on_call)
    : socket_(socket), on_call_(std::move(on_call)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
  nghttp2_session_server_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
}

Http2Connection::~Http2Connection() {
  nghttp2_session_del(session_);
  close(socket_);
}

bool Http2Connection::Receive() {
  std::array<uint8_t, 64 * 1024> buffer;
  const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  return size > 0 &&
         nghttp2_session_mem_recv(session_, buffer.data(), static_cast<size_t>(size)) == size;
}

void Http2Connection::Answer(int32_t stream, std::string message) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  found->second.answer = WithPrefix(message);
  const std::array headers = {Header(":status", "200"), Header("content-type", "application/grpc")};
  nghttp2_data_provider provider = {};
  provider.read_callback = ReadAnswer;
  nghttp2_submit_response(session_, stream, headers.data(), headers.size(), &provider);
}

void Http2Connection::Refuse(int32_t stream, int grpc_status) {
  if (!streams_.contains(stream)) return;
  const std::string status = std::to_string(grpc_status);
  const std::array headers = {Header(":status", "200"), Header("content-type", "application/grpc"),
                              Header("grpc-status", status)};
  nghttp2_submit_response(session_, stream, headers.data(), headers.size(), nullptr);
}

bool Http2Connection::Flush() {
  const uint8_t* data = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(session_, &data)) > 0) {
    unsent_.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }
  if (size < 0) return false;
  if (!unsent_.empty()) {
    const ssize_t sent = send(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    unsent_.erase(0, static_cast<size_t>(sent));
  }
  return nghttp2_session_want_read(session_) != 0 || nghttp2_session_want_write(session_) != 0;
}

int Http2Connection::OnHeader(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                              const uint8_t* name, size_t name_size, const uint8_t* value,
                              size_t value_size, uint8_t /*flags*/, void* user) {
  Stream& stream = Of(user).streams_[frame->hd.stream_id];
  if (std::string_view(reinterpret_cast<const char*>(name), name_size) == ":path") {
    stream.path.assign(reinterpret_cast<const char*>(value), value_size);
  }
  return 0;
}

int Http2Connection::OnData(nghttp2_session* /*session*/, uint8_t /*flags*/, int32_t stream,
                            const uint8_t* data, size_t size, void* user) {
  Of(user).streams_[stream].request.append(reinterpret_cast<const char*>(data), size);
  return 0;
}

int Http2Connection::OnFrame(nghttp2_session* /*session*/, const nghttp2_frame* frame, void* user) {
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  const auto found = Of(user).streams_.find(frame->hd.stream_id);
  if (found == Of(user).streams_.end() || found->second.request.size() < kPrefix) return 0;
  std::string message = found->second.request.substr(kPrefix);
  Of(user).on_call_(found->first, std::move(found->second.path), std::move(message));
  return 0;
}

int Http2Connection::OnClose(nghttp2_session* /*session*/, int32_t stream, uint32_t /*error*/,
                             void* user) {
  Of(user).streams_.erase(stream);
  return 0;
}

ssize_t Http2Connection::ReadAnswer(nghttp2_session* session, int32_t stream, uint8_t* buffer,
                                    size_t size, uint32_t* flags, nghttp2_data_source* /*source*/,
                                    void* user) {
  Stream& answered = Of(user).streams_[stream];
  const size_t taken = std::min(size, answered.answer.size() - answered.read);
  std::memcpy(buffer, answered.answer.data() + answered.read, taken);
  answered.read += taken;
  if (answered.read == answered.answer.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const nghttp2_nv trailer = Header("grpc-status", "0");
    nghttp2_submit_trailer(session, stream, &trailer, 1);
  }
  return static_cast<ssize_t>(taken);
}

}  // namespace omserve::bench
