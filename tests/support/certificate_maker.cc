// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificate_maker.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

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

std::string Text(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string PemOf(X509* certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return Text(bio);
}

std::string PemOf(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return Text(bio);
}

void AddExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Not signed yet; of no issuer.
Certificate Blank(const CertificateWish& wish, EVP_PKEY* key, long serial) {
  Certificate out(X509_new());
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), serial);
  const auto at = [](absl::Duration offset) { return absl::ToTimeT(absl::Now() + offset); };
  ASN1_TIME_set(X509_getm_notBefore(out.get()), at(wish.begins));
  ASN1_TIME_set(X509_getm_notAfter(out.get()), at(wish.ends));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1,
                             -1, 0);
  X509_set_pubkey(out.get(), key);
  return out;
}

}  // namespace

struct CertificateMaker::Parts {
  Key key;
  Certificate certificate;
  std::string pem;
  long serial = 1;
};

CertificateMaker::CertificateMaker(const std::string& common_name)
    : parts_(std::make_unique<Parts>()) {
  parts_->key.reset(EVP_EC_gen("P-256"));
  parts_->certificate = Blank({.common_name = common_name, .names = {}, .ends = absl::Hours(48)},
                              parts_->key.get(), parts_->serial++);
  X509* const self = parts_->certificate.get();
  X509_set_issuer_name(self, X509_get_subject_name(self));
  AddExtension(self, self, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(self, parts_->key.get(), EVP_sha256());
  parts_->pem = PemOf(self);
}

CertificateMaker::~CertificateMaker() = default;

const std::string& CertificateMaker::ca() const { return parts_->pem; }

PemPair CertificateMaker::Make(const CertificateWish& wish) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate made = Blank(wish, key.get(), parts_->serial++);
  X509_set_issuer_name(made.get(), X509_get_subject_name(parts_->certificate.get()));
  if (!wish.names.empty()) {
    AddExtension(made.get(), parts_->certificate.get(), NID_subject_alt_name,
                 absl::StrJoin(wish.names, ","));
  }
  X509_sign(made.get(), parts_->key.get(), EVP_sha256());
  return {PemOf(made.get()), PemOf(key.get())};
}

}  // namespace omserve
