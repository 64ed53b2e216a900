// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace omserve {

// A certificate and its key, as PEM.
struct PemPair {
  std::string certificate;
  std::string key;
};

// What a certificate says.
struct CertificateWish {
  std::string common_name = "localhost";
  // Subject alternative names as OpenSSL writes them: "DNS:a", "IP:127.0.0.1", "URI:x://y".
  std::vector<std::string> names = {"DNS:localhost", "IP:127.0.0.1"};
  absl::Duration begins = -absl::Hours(1);  // from now
  absl::Duration ends = absl::Hours(1);
};

// A certificate authority of a test. Single-thread.
class CertificateMaker {
 public:
  explicit CertificateMaker(const std::string& common_name = "test authority");
  ~CertificateMaker();
  CertificateMaker(const CertificateMaker&) = delete;
  CertificateMaker& operator=(const CertificateMaker&) = delete;

  // Of the authority itself.
  const std::string& ca() const;
  // A new key, and a certificate of it that the authority has signed.
  PemPair Make(const CertificateWish& wish);
  // A list, signed by the authority, of these revoked certificates (PEM); 'outdated' from now.
  // 'delta': marked as one that tells changes only.
  std::string Revocations(const std::vector<std::string>& certificates,
                          absl::Duration outdated = absl::Hours(1), bool delta = false) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace omserve
