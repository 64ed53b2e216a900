// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace omserve::client {

// How a client knows the server, and shows who it is. Empty members are not used. A value.
struct AccessOptions {
  // PEM file with the authorities that may have signed the server's certificate, or "system" for
  // those of this machine. Empty: plain text.
  std::string tls_ca = {};
  // PEM files: the client's own certificate chain and its key, without a passphrase; both or none.
  std::string tls_certificate = {};
  std::string tls_key = {};
  // The name in the server's certificate, if it is not the host that is connected to.
  std::string tls_name = {};
  // A file with a bearer token, 1 line. With plain text whoever sees the traffic sees the token.
  std::string token_file = {};
};

// AccessOptions with their files read. A value, copies share the token. Thread-safe.
class Access {
 public:
  // Plain text and no token.
  Access() = default;

  // NOT_FOUND, PERMISSION_DENIED or UNKNOWN for a file that cannot be read, INVALID_ARGUMENT for
  // options or a token that cannot be; the text names the file, never what is in it.
  static absl::StatusOr<Access> Load(const AccessOptions& options);

  // For new channels.
  std::shared_ptr<grpc::ChannelCredentials> Credentials() const;
  void Configure(grpc::ChannelArguments& arguments) const;

  // Adds the token to a call. Reads the file again when the last time was over 10 s ago, so that a
  // token may be changed while clients run; a file that cannot be read then changes nothing.
  void Sign(grpc::ClientContext& context) const;

 private:
  class Token;

  std::shared_ptr<grpc::ChannelCredentials> credentials_;  // null: plain text
  std::string tls_name_;
  std::shared_ptr<Token> token_;  // null: none
};

}  // namespace omserve::client
