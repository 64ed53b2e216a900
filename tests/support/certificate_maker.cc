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
using List = std::unique_ptr<X509_CRL, Freer<X509_CRL_free>>;
using Asn1Time = std::unique_ptr<ASN1_TIME, Freer<ASN1_TIME_free>>;
using Asn1Integer = std::unique_ptr<ASN1_INTEGER, Freer<ASN1_INTEGER_free>>;

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

Asn1Time TimeFromNow(absl::Duration offset) {
  return Asn1Time(ASN1_TIME_set(nullptr, absl::ToTimeT(absl::Now() + offset)));
}

X509_REVOKED* EntryOf(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  X509_REVOKED* const entry = X509_REVOKED_new();
  X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.get()));
  X509_REVOKED_set_revocationDate(entry, TimeFromNow(-absl::Minutes(1)).get());
  return entry;
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

std::string CertificateMaker::Revocations(const std::vector<std::string>& certificates,
                                          absl::Duration outdated, bool delta) const {
  const List list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(parts_->certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), TimeFromNow(-absl::Hours(2)).get());
  X509_CRL_set1_nextUpdate(list.get(), TimeFromNow(outdated).get());
  for (const std::string& pem : certificates) X509_CRL_add0_revoked(list.get(), EntryOf(pem));
  if (delta) {
    const Asn1Integer base(ASN1_INTEGER_new());
    ASN1_INTEGER_set(base.get(), 1);
    X509_CRL_add1_ext_i2d(list.get(), NID_delta_crl, base.get(), 1, 0);
  }
  X509_CRL_sign(list.get(), parts_->key.get(), EVP_sha256());
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(bio.get(), list.get());
  return Text(bio);
}

}  // namespace omserve
