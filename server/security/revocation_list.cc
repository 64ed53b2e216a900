// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/revocation_list.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

namespace omserve {
namespace {

constexpr absl::string_view kBegin = "-----BEGIN X509 CRL-----";
constexpr int kRevoked = 1;  // of X509_CRL_get0_by_cert; 2: taken back and given again

bool HasSigned(X509* authority, X509_CRL* list) {
  return X509_NAME_cmp(X509_get_subject_name(authority), X509_CRL_get_issuer(list)) == 0 &&
         X509_CRL_verify(list, X509_get0_pubkey(authority)) == 1;
}

// How many lists a file says that it has.
size_t Begun(absl::string_view pem) {
  size_t count = 0;
  for (size_t at = pem.find(kBegin); at != pem.npos; at = pem.find(kBegin, at + 1)) ++count;
  return count;
}

bool OnList(const std::vector<RevocationsPointer>& lists, absl::string_view pem) {
  const std::vector<CertificatePointer> certificates = ParseCertificates(pem);
  if (certificates.empty()) return true;
  X509* const certificate = certificates.front().get();
  return std::any_of(lists.begin(), lists.end(), [certificate](const RevocationsPointer& list) {
    X509_REVOKED* entry = nullptr;
    return X509_NAME_cmp(X509_CRL_get_issuer(list.get()), X509_get_issuer_name(certificate)) == 0 &&
           X509_CRL_get0_by_cert(list.get(), &entry, certificate) == kRevoked;
  });
}

}  // namespace

absl::StatusOr<std::shared_ptr<const RevocationList>> RevocationList::Parse(
    absl::string_view pem, absl::string_view authorities) {
  const std::shared_ptr<RevocationList> out(new RevocationList());
  out->lists_ = ParseRevocations(pem);
  if (out->lists_.empty()) return absl::InvalidArgumentError("has no PEM revocation list");
  if (out->lists_.size() != Begun(pem)) {
    return absl::InvalidArgumentError("has a revocation list that is cut off or damaged");
  }
  const std::vector<CertificatePointer> known = ParseCertificates(authorities);
  for (const RevocationsPointer& list : out->lists_) {
    if (std::none_of(known.begin(), known.end(),
                     [&](const auto& one) { return HasSigned(one.get(), list.get()); })) {
      return absl::InvalidArgumentError(
          "has a revocation list that no certificate of security.tls.client_ca has signed");
    }
    if (X509_CRL_get_ext_by_NID(list.get(), NID_delta_crl, -1) >= 0) {
      return absl::InvalidArgumentError("has a list of changes (delta CRL); give the whole list");
    }
    const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(list.get());
    if (next != nullptr) out->outdated_ = std::min(out->outdated_, TimeOf(next));
  }
  return out;
}

bool RevocationList::Revoked(absl::string_view certificate) const {
  {
    MutexLock lock(mutex_);
    const auto found = remembered_.find(certificate);
    if (found != remembered_.end()) return found->second;
  }
  const bool revoked = OnList(lists_, certificate);
  MutexLock lock(mutex_);
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_.emplace(std::string(certificate), revoked);
  return revoked;
}

}  // namespace omserve
