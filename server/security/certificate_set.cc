// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/certificate_set.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pipelines/base/status_macros.h"
#include "server/security/secret_file.h"

namespace omserve {
namespace {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

constexpr absl::string_view kCertificate = "security.tls.certificate";
constexpr absl::string_view kKey = "security.tls.private_key";
constexpr absl::string_view kClientCa = "security.tls.client_ca";

absl::Status Wrong(absl::string_view field, const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", path, " ", what));
}

Bio Reader(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// A key with a passphrase is refused: OpenSSL would ask for it on the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

std::vector<Certificate> ParseChain(const std::string& pem) {
  std::vector<Certificate> out;
  const Bio reader = Reader(pem);
  while (X509* const one = PEM_read_bio_X509(reader.get(), nullptr, &NoPassphrase, nullptr)) {
    out.emplace_back(one);
  }
  return out;
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return absl::InfinitePast();
  return absl::FromTM(fields, absl::UTCTimeZone());
}

absl::Time EndOf(const std::vector<Certificate>& chain) {
  absl::Time out = absl::InfiniteFuture();
  for (const Certificate& one : chain) out = std::min(out, TimeOf(X509_get0_notAfter(one.get())));
  return out;
}

}  // namespace

absl::StatusOr<CertificateSet> LoadCertificates(const TlsConfig& tls, absl::Time now) {
  CertificateSet out;
  OMSERVE_ASSIGN_OR_RETURN(out.certificate, ReadSecretFile(kCertificate, tls.certificate));
  OMSERVE_ASSIGN_OR_RETURN(out.private_key, ReadSecretFile(kKey, tls.private_key));
  const std::vector<Certificate> chain = ParseChain(out.certificate);
  if (chain.empty()) return Wrong(kCertificate, tls.certificate, "has no PEM certificate");
  const Bio reader = Reader(out.private_key);
  const Key key(PEM_read_bio_PrivateKey(reader.get(), nullptr, &NoPassphrase, nullptr));
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
  const std::vector<Certificate> authorities = ParseChain(out.client_ca);
  if (authorities.empty()) return Wrong(kClientCa, tls.client_ca, "has no PEM certificate");
  out.client_ca_ends = EndOf(authorities);
  return out;
}

}  // namespace omserve
