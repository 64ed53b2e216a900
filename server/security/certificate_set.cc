// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/certificate_set.h"

#include <openssl/x509.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pipelines/base/status_macros.h"
#include "server/security/pem_objects.h"
#include "server/security/secret_file.h"

namespace omserve {
namespace {

constexpr absl::string_view kCertificate = "security.tls.certificate";
constexpr absl::string_view kKey = "security.tls.private_key";
constexpr absl::string_view kClientCa = "security.tls.client_ca";

absl::Status Wrong(absl::string_view field, const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", path, " ", what));
}

absl::Time EndOf(const std::vector<CertificatePointer>& chain) {
  absl::Time out = absl::InfiniteFuture();
  for (const CertificatePointer& one : chain)
    out = std::min(out, TimeOf(X509_get0_notAfter(one.get())));
  return out;
}

}  // namespace

absl::StatusOr<CertificateSet> LoadCertificates(const TlsConfig& tls, absl::Time now) {
  CertificateSet out;
  OMSERVE_ASSIGN_OR_RETURN(out.certificate, ReadSecretFile(kCertificate, tls.certificate));
  OMSERVE_ASSIGN_OR_RETURN(out.private_key, ReadSecretFile(kKey, tls.private_key));
  const std::vector<CertificatePointer> chain = ParseCertificates(out.certificate);
  if (chain.empty()) return Wrong(kCertificate, tls.certificate, "has no PEM certificate");
  const KeyPointer key = ParsePrivateKey(out.private_key);
  if (key == nullptr) {
    return Wrong(kKey, tls.private_key, "has no PEM private key without a passphrase");
  }
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    return Wrong(kKey, tls.private_key,
                 absl::StrCat("is not the key of the first certificate in ", tls.certificate));
  }
  out.expires = EndOf(chain);
  const absl::Time begins = TimeOf(X509_get0_notBefore(chain.front().get()));
  if (out.expires <= now || begins > now) {
    return Wrong(
        kCertificate, tls.certificate,
        absl::StrCat("is valid from ", absl::FormatTime(begins, absl::UTCTimeZone()), " to ",
                     absl::FormatTime(out.expires, absl::UTCTimeZone()), " and not now"));
  }
  if (tls.client_ca.empty()) return out;
  OMSERVE_ASSIGN_OR_RETURN(out.client_ca, ReadSecretFile(kClientCa, tls.client_ca));
  const std::vector<CertificatePointer> authorities = ParseCertificates(out.client_ca);
  if (authorities.empty()) return Wrong(kClientCa, tls.client_ca, "has no PEM certificate");
  out.client_ca_ends = EndOf(authorities);
  return out;
}

}  // namespace omserve
