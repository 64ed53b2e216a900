// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace omserve {

// OpenSSL's objects with their owners.
template <auto kFree>
struct OpensslFreer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using BioPointer = std::unique_ptr<BIO, OpensslFreer<BIO_free_all>>;
using CertificatePointer = std::unique_ptr<X509, OpensslFreer<X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, OpensslFreer<EVP_PKEY_free>>;
using RevocationsPointer = std::unique_ptr<X509_CRL, OpensslFreer<X509_CRL_free>>;

// Reads 'text', which must outlive it.
BioPointer PemReader(absl::string_view text);

// What there is of a kind in PEM, in its order; other kinds are passed over. Thread-safe.
std::vector<CertificatePointer> ParseCertificates(absl::string_view pem);
std::vector<RevocationsPointer> ParseRevocations(absl::string_view pem);

// The first private key that has no passphrase; null: none. Thread-safe.
KeyPointer ParsePrivateKey(absl::string_view pem);

// InfinitePast for null, and for what is no time.
absl::Time TimeOf(const ASN1_TIME* time);

}  // namespace omserve
