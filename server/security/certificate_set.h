// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/security/security_config.h"

namespace omserve {

// What TLS needs, as PEM, checked to fit together. A value; thread-compatible.
struct CertificateSet {
  std::string certificate;
  std::string private_key;
  std::string client_ca;                     // empty: none
  absl::Time expires;                        // the first of the server's chain to end
  std::optional<absl::Time> client_ca_ends;  // the first of the client CAs to end
};

// Reads and checks the files of 'tls'. REQUIRES: tls.on(). Errors name the field and the file:
// NOT_FOUND and PERMISSION_DENIED from reading, INVALID_ARGUMENT for what is no PEM, a key that
// does not fit and a server's certificate that 'now' is not in the time of. Key material is in no
// text.
absl::StatusOr<CertificateSet> LoadCertificates(const TlsConfig& tls, absl::Time now);

}  // namespace omserve
