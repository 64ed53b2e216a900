// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "absl/time/time.h"
#include "server/security/role.h"

namespace omserve {

// TLS of the gRPC listeners. A value; thread-compatible.
struct TlsConfig {
  std::string certificate;  // PEM files: the chain, the server's own first
  std::string private_key;
  std::string client_ca;  // empty: clients are not asked for a certificate
  bool client_certificate_required = true;
  std::string client_crl = {};  // lists of revoked client certificates; empty: none

  bool on() const { return !certificate.empty(); }
};

// Who may come in. What is empty is not asked for. A value; thread-compatible.
struct SecurityConfig {
  TlsConfig tls;
  std::string tokens;                       // a file for TokenTable::Parse
  std::map<std::string, Roles> identities;  // names in client certificates
  absl::Duration reload = absl::Seconds(10);
  bool tokens_in_plaintext = false;

  // Callers must have a role; else whoever gets in may do everything.
  bool authorises() const { return !tokens.empty() || !identities.empty(); }
  // Every call is looked at.
  bool judges() const { return authorises() || !tls.client_crl.empty(); }
  bool on() const { return tls.on() || judges(); }
};

}  // namespace omserve
