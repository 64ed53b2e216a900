// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/pem_objects.h"

#include <openssl/pem.h>

#include <ctime>

namespace omserve {
namespace {

// A key with a passphrase is refused: OpenSSL would ask for it on the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

template <auto kRead, typename Pointer>
std::vector<Pointer> All(absl::string_view pem) {
  std::vector<Pointer> out;
  const BioPointer reader = PemReader(pem);
  while (auto* const one = kRead(reader.get(), nullptr, &NoPassphrase, nullptr)) {
    out.emplace_back(one);
  }
  return out;
}

}  // namespace

BioPointer PemReader(absl::string_view text) {
  return BioPointer(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::vector<CertificatePointer> ParseCertificates(absl::string_view pem) {
  return All<&PEM_read_bio_X509, CertificatePointer>(pem);
}

std::vector<RevocationsPointer> ParseRevocations(absl::string_view pem) {
  return All<&PEM_read_bio_X509_CRL, RevocationsPointer>(pem);
}

KeyPointer ParsePrivateKey(absl::string_view pem) {
  const BioPointer reader = PemReader(pem);
  return KeyPointer(PEM_read_bio_PrivateKey(reader.get(), nullptr, &NoPassphrase, nullptr));
}

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return absl::InfinitePast();
  return absl::FromTM(fields, absl::UTCTimeZone());
}

}  // namespace omserve
