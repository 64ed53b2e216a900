// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/probes.h"

#include <arpa/inet.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

// A message with one short string field.
grpc::ByteBuffer OneString(int field, const std::string& value) {
  std::string bytes;
  bytes += static_cast<char>(field << 3 | 2);
  bytes += static_cast<char>(value.size());
  bytes += value;
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

bool Next(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

}  // namespace

std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                          OneString(1, service), &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  Next(queue);
  if (!status.ok()) return absl::StrCat(static_cast<int>(status.error_code()));
  const std::string bytes = Bytes(answer);
  if (bytes == std::string("\x08\x01", 2)) return "SERVING";
  return bytes == std::string("\x08\x02", 2) ? "NOT_SERVING" : "UNKNOWN";
}

namespace {

// The raw answer to a request of server reflection with one field; empty when it failed.
std::string Reflected(const std::shared_ptr<grpc::Channel>& channel, int field,
                      const std::string& text, const std::string& token) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!token.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token));
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  bool read = Next(queue);
  grpc::ByteBuffer answer;
  if (read) {
    call->WriteLast(OneString(field, text), grpc::WriteOptions(), nullptr);
    Next(queue);
    call->Read(&answer, nullptr);
    read = Next(queue);
  }
  grpc::Status status;
  call->Finish(&status, nullptr);
  Next(queue);
  return read ? Bytes(answer) : std::string();
}

}  // namespace

std::string ReflectedServices(const std::shared_ptr<grpc::Channel>& channel,
                              const std::string& token) {
  constexpr int kListServices = 7;
  return Reflected(channel, kListServices, "*", token);
}

std::string ReflectedFile(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& symbol) {
  constexpr int kFileContainingSymbol = 4;
  return Reflected(channel, kFileContainingSymbol, symbol, "");
}

std::string Scrape(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
    if (write(fd, request.data(), request.size()) > 0) {
      char block[4096];
      for (ssize_t n = 0; (n = read(fd, block, sizeof block)) > 0;) {
        text.append(block, static_cast<size_t>(n));
      }
    }
  }
  close(fd);
  return text;
}

}  // namespace omserve
