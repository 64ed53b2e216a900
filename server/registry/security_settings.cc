// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/security_settings.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

std::string Placed(const std::filesystem::path& folder, const std::string& path) {
  return path.empty() ? path : (folder / path).lexically_normal().string();
}

absl::Status Wrong(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("security.", field, ": ", what));
}

absl::Status CheckTls(const v1::Tls& tls) {
  if (tls.certificate().empty() != tls.private_key().empty()) {
    const bool key = tls.private_key().empty();
    return Wrong(
        key ? "tls.private_key" : "tls.certificate",
        absl::StrCat("must be set, because tls.", key ? "certificate" : "private_key", " is"));
  }
  if (!tls.client_ca().empty() && tls.certificate().empty()) {
    return Wrong("tls.certificate", "must be set, because tls.client_ca is");
  }
  if (!tls.client_crl().empty() && tls.client_ca().empty()) {
    return Wrong("tls.client_ca", "must be set, because tls.client_crl is");
  }
  if (tls.client_certificate() != v1::Tls::REQUIRED && tls.client_ca().empty()) {
    return Wrong("tls.client_ca", "must be set, because tls.client_certificate is");
  }
  if (!v1::Tls::ClientCertificate_IsValid(tls.client_certificate())) {
    return Wrong("tls.client_certificate",
                 absl::StrCat(tls.client_certificate(), " is not REQUIRED or OPTIONAL"));
  }
  return absl::OkStatus();
}

// Whether only this host reaches it.
bool IsLoopback(absl::string_view address) {
  const absl::string_view host = address.substr(0, address.rfind(':'));
  return absl::StartsWith(host, "127.") || host == "localhost" || host == "[::1]" ||
         absl::StartsWith(address, "unix:");
}

}  // namespace

absl::Status TakeSecurity(const v1::Security& from, const std::filesystem::path& folder,
                          SecurityConfig& to) {
  OMSERVE_RETURN_IF_ERROR(CheckTls(from.tls()));
  if (from.reload_ms() < 0 || from.reload_ms() > 86'400'000) {
    return Wrong("reload_ms", absl::StrCat(from.reload_ms(), " is not between 0 and 86400000"));
  }
  to.tls.certificate = Placed(folder, from.tls().certificate());
  to.tls.private_key = Placed(folder, from.tls().private_key());
  to.tls.client_ca = Placed(folder, from.tls().client_ca());
  to.tls.client_crl = Placed(folder, from.tls().client_crl());
  to.tls.client_certificate_required = from.tls().client_certificate() == v1::Tls::REQUIRED;
  to.tokens = Placed(folder, from.tokens());
  to.tokens_in_plaintext = from.tokens_in_plaintext();
  if (from.reload_ms() > 0) to.reload = absl::Milliseconds(from.reload_ms());
  if (from.identities_size() > 0 && from.tls().client_ca().empty()) {
    return Wrong("identities", "belong to client certificates, which need tls.client_ca");
  }
  if (from.tls().client_certificate() == v1::Tls::OPTIONAL && to.tokens.empty() &&
      from.identities_size() == 0) {
    return Wrong("tls.client_certificate",
                 "OPTIONAL lets everybody in; set tokens or identities, too");
  }
  for (const v1::Identity& identity : from.identities()) {
    if (identity.name().empty()) return Wrong("identities.name", "must be set");
    const absl::StatusOr<Roles> roles = ParseRoles(absl::StrJoin(identity.roles(), ","));
    if (!roles.ok()) {
      return Wrong("identities.roles",
                   absl::StrCat("of '", identity.name(), "': ", roles.status().message()));
    }
    if (!to.identities.emplace(identity.name(), *roles).second) {
      return Wrong("identities.name", absl::StrCat("'", identity.name(), "' is there twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPlaintextTokens(
    const SecurityConfig& security,
    const std::vector<std::pair<std::string, std::string>>& listeners) {
  if (security.tokens.empty() || security.tls.on() || security.tokens_in_plaintext) {
    return absl::OkStatus();
  }
  for (const auto& [field, address] : listeners) {
    if (IsLoopback(address)) continue;
    return Wrong("tokens", absl::StrCat("would be sent in plain text to ", field, " ", address,
                                        "; set security.tls, listen on the loopback, or set "
                                        "security.tokens_in_plaintext"));
  }
  return absl::OkStatus();
}

}  // namespace omserve
