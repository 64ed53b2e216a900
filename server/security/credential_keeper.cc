// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/credential_keeper.h"

#include <utility>

#include "absl/hash/hash.h"
#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/security/secret_file.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

constexpr absl::string_view kRevocations = "security.tls.client_crl";
constexpr absl::string_view kTokens = "security.tokens";

using Revocations = std::shared_ptr<const RevocationList>;

absl::StatusOr<Revocations> LoadRevocations(const std::string& path, absl::string_view client_ca) {
  OMSERVE_ASSIGN_OR_RETURN(const std::string text, ReadSecretFile(kRevocations, path));
  absl::StatusOr<Revocations> lists = RevocationList::Parse(text, client_ca);
  if (lists.ok()) return lists;
  return absl::Status(lists.status().code(),
                      absl::StrCat(kRevocations, ": ", path, " ", lists.status().message()));
}

absl::StatusOr<TokenTable> LoadTokens(const std::string& path) {
  OMSERVE_ASSIGN_OR_RETURN(const std::string text, ReadSecretFile(kTokens, path));
  absl::StatusOr<TokenTable> table = TokenTable::Parse(text);
  if (table.ok()) return table;
  return absl::Status(table.status().code(),
                      absl::StrCat(kTokens, ": ", path, ": ", table.status().message()));
}

SecurityNames NamesOf(const SecurityConfig& config) {
  SecurityNames names;
  if (config.judges()) {
    for (const Refusal refusal : kRefusals) names.refusals.push_back(RefusalName(refusal));
  }
  names.certificate = config.tls.on();
  names.client_ca = !config.tls.client_ca.empty();
  names.client_crl = !config.tls.client_crl.empty();
  return names;
}

// Of what lies at 'path'; a file that cannot be read has one, too.
uint64_t PrintOf(const std::string& path) {
  if (path.empty()) return 0;
  const absl::StatusOr<std::string> text = ReadSecretFile("", path);
  return text.ok() ? absl::HashOf(*text) : absl::HashOf(text.status().raw_code());
}

}  // namespace

absl::Status CheckCredentialFiles(const SecurityConfig& config, absl::Time now) {
  if (config.tls.on()) {
    OMSERVE_ASSIGN_OR_RETURN(const CertificateSet set, LoadCertificates(config.tls, now));
    if (!config.tls.client_crl.empty()) {
      OMSERVE_RETURN_IF_ERROR(LoadRevocations(config.tls.client_crl, set.client_ca).status());
    }
  }
  return config.tokens.empty() ? absl::OkStatus() : LoadTokens(config.tokens).status();
}

CredentialKeeper::CredentialKeeper(SecurityConfig config, ServerMetrics& metrics,
                                   const Clock& clock)
    : config_(std::move(config)), metrics_(metrics.AddSecurity(NamesOf(config_))), clock_(clock) {
  certificate_files_.reloaded = metrics_.certificates_reloaded;
  certificate_files_.failed = metrics_.certificates_failed;
  revocation_files_.reloaded = metrics_.revocations_reloaded;
  revocation_files_.failed = metrics_.revocations_failed;
  token_files_.reloaded = metrics_.tokens_reloaded;
  token_files_.failed = metrics_.tokens_failed;
}

absl::StatusOr<std::unique_ptr<CredentialKeeper>> CredentialKeeper::Create(SecurityConfig config,
                                                                           ServerMetrics& metrics,
                                                                           const Clock& clock) {
  auto out = absl::WrapUnique(new CredentialKeeper(std::move(config), metrics, clock));
  {
    MutexLock lock(out->look_mutex_);
    // Before the contents are taken: a change in between is seen by the first look.
    out->certificate_files_.taken = out->certificate_files_.last = out->CertificatePrint();
    out->revocation_files_.taken = out->revocation_files_.last = out->RevocationPrint();
    out->token_files_.taken = out->token_files_.last = out->TokenPrint();
  }
  OMSERVE_RETURN_IF_ERROR(out->TakeCertificates());
  OMSERVE_RETURN_IF_ERROR(out->TakeRevocations());
  OMSERVE_RETURN_IF_ERROR(out->TakeTokens());
  const absl::Duration interval = out->config_.reload;
  if (interval > absl::ZeroDuration()) {
    out->thread_ =
        Thread("credentials", [keeper = out.get(), interval] { keeper->Loop(interval); });
  }
  return out;
}

CredentialKeeper::~CredentialKeeper() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  thread_.Join();
}

std::shared_ptr<const CertificateSet> CredentialKeeper::certificates() const {
  MutexLock lock(mutex_);
  return certificates_;
}

Verdict CredentialKeeper::Judge(const CallCredentials& call) const {
  std::shared_ptr<const TokenTable> tokens;
  Revocations revocations;
  {
    MutexLock lock(mutex_);
    tokens = tokens_;
    revocations = revocations_;
  }
  Verdict verdict;
  if (revocations != nullptr && !call.certificate.empty() &&
      revocations->Revoked(call.certificate)) {
    verdict = {Refusal::kRevokedCertificate,
               "the client certificate was revoked by its authority; present another one"};
  } else if (config_.authorises()) {
    verdict = Authorise(call, tokens.get(), config_.identities);
  }
  if (verdict.refusal != Refusal::kNone) {
    metrics_.refusals.at(RefusalName(verdict.refusal))->Increment();
  }
  return verdict;
}

absl::Status CredentialKeeper::TakeCertificates() {
  if (!config_.tls.on()) return absl::OkStatus();
  OMSERVE_ASSIGN_OR_RETURN(CertificateSet set, LoadCertificates(config_.tls, clock_.Now()));
  metrics_.certificate_expiry->Set(absl::ToDoubleSeconds(set.expires - absl::UnixEpoch()));
  if (set.client_ca_ends.has_value()) {
    metrics_.client_ca_expiry->Set(absl::ToDoubleSeconds(*set.client_ca_ends - absl::UnixEpoch()));
  }
  auto shared = std::make_shared<const CertificateSet>(std::move(set));
  MutexLock lock(mutex_);
  certificates_ = std::move(shared);
  return absl::OkStatus();
}

absl::Status CredentialKeeper::TakeRevocations() {
  if (config_.tls.client_crl.empty()) return absl::OkStatus();
  OMSERVE_ASSIGN_OR_RETURN(Revocations lists,
                           LoadRevocations(config_.tls.client_crl, certificates()->client_ca));
  metrics_.client_crl_expiry->Set(absl::ToDoubleSeconds(lists->outdated() - absl::UnixEpoch()));
  MutexLock lock(mutex_);
  revocations_ = std::move(lists);
  return absl::OkStatus();
}

absl::Status CredentialKeeper::TakeTokens() {
  if (config_.tokens.empty()) return absl::OkStatus();
  OMSERVE_ASSIGN_OR_RETURN(TokenTable table, LoadTokens(config_.tokens));
  auto shared = std::make_shared<const TokenTable>(std::move(table));
  MutexLock lock(mutex_);
  tokens_ = std::move(shared);
  return absl::OkStatus();
}

uint64_t CredentialKeeper::CertificatePrint() const {
  return absl::HashOf(PrintOf(config_.tls.certificate), PrintOf(config_.tls.private_key),
                      PrintOf(config_.tls.client_ca));
}

uint64_t CredentialKeeper::RevocationPrint() const { return PrintOf(config_.tls.client_crl); }

uint64_t CredentialKeeper::TokenPrint() const { return PrintOf(config_.tokens); }

bool CredentialKeeper::Settled(Watched& watched, uint64_t now) {
  const bool settled = now == watched.last && now != watched.taken;
  watched.last = now;
  if (settled) watched.taken = now;  // also what is wrong is tried once
  return settled;
}

void CredentialKeeper::Tell(const Watched& watched, const char* what, const absl::Status& status) {
  if (status.ok()) {
    watched.reloaded->Increment();
    spdlog::info("{} reloaded: the files have changed", what);
  } else {
    watched.failed->Increment();
    spdlog::error("{} not reloaded, the former ones stay: {}", what, std::string(status.message()));
  }
}

void CredentialKeeper::Look() {
  MutexLock lock(look_mutex_);
  if (Settled(certificate_files_, CertificatePrint())) {
    Tell(certificate_files_, "certificates", TakeCertificates());
  }
  if (Settled(revocation_files_, RevocationPrint())) {
    Tell(revocation_files_, "revocations", TakeRevocations());
  }
  if (Settled(token_files_, TokenPrint())) Tell(token_files_, "tokens", TakeTokens());
}

void CredentialKeeper::Loop(absl::Duration interval) {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!stopping_) wake_.WaitFor(mutex_, interval);
      if (stopping_) return;
    }
    Look();
  }
}

}  // namespace omserve
