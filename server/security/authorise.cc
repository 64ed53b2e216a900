// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/authorise.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/security/access_table.h"

namespace omserve {
namespace {

constexpr absl::string_view kScheme = "bearer ";
constexpr char kHowToSend[] =
    "send one header 'authorization: Bearer TOKEN' (--token-file of the omserve tools)";

}  // namespace

std::string_view RefusalName(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "none";
    case Refusal::kNoCredentials:
      return "no_credentials";
    case Refusal::kBadHeader:
      return "bad_header";
    case Refusal::kUnknownToken:
      return "unknown_token";
    case Refusal::kNoRole:
      return "no_role";
    case Refusal::kNoRow:
      return "no_row";
    case Refusal::kRevokedCertificate:
      return "revoked_certificate";
  }
  return "none";
}

bool IsUnauthenticated(Refusal refusal) {
  return refusal == Refusal::kNoCredentials || refusal == Refusal::kBadHeader ||
         refusal == Refusal::kUnknownToken || refusal == Refusal::kRevokedCertificate;
}

Verdict Authorise(const CallCredentials& call, const TokenTable* tokens,
                  const std::map<std::string, Roles>& identities) {
  const AccessRow* const row = FindAccess(call.path);
  if (row != nullptr && row->anyone) return {};

  Roles roles;
  std::string who;
  for (const absl::string_view name : call.identities) {
    const auto found = identities.find(std::string(name));
    if (found == identities.end()) continue;
    roles = roles | found->second;
    who = found->first;
  }
  if (!call.authorization.empty() && tokens != nullptr) {
    const absl::string_view value = call.authorization.front();
    if (call.authorization.size() > 1 || !absl::StartsWithIgnoreCase(value, kScheme)) {
      return {Refusal::kBadHeader, absl::StrCat("the authorization is not of the kind that is "
                                                "understood here; ",
                                                kHowToSend)};
    }
    const TokenHolder* const holder =
        tokens->Find(absl::StripAsciiWhitespace(value.substr(kScheme.size())));
    if (holder == nullptr) {
      return {Refusal::kUnknownToken,
              "the bearer token is not known here; ask the server's operator for a valid one"};
    }
    roles = roles | holder->roles;
    who = holder->name;
  }
  if (who.empty() && !call.identities.empty()) {
    return {Refusal::kNoRole,
            absl::StrCat("the client certificate of '", call.identities.front(),
                         "' has no role here; ask the server's operator to add the name to "
                         "security.identities")};
  }
  if (who.empty()) {
    return {Refusal::kNoCredentials,
            absl::StrCat("who calls is not known; ",
                         tokens != nullptr
                             ? kHowToSend
                             : "present a client certificate (--tls-cert and --tls-key of the "
                               "omserve tools)")};
  }
  if (row == nullptr) {
    return {Refusal::kNoRow, "there is no such RPC here, or nobody may call it; look at the name"};
  }
  if (row->roles.Intersects(roles)) return {};
  return {Refusal::kNoRole, absl::StrCat(row->service, "/", row->method, " needs the role ",
                                         row->roles.Text("or"), ", and '", who, "' has ",
                                         roles.Text(), "; ask the server's operator for the role")};
}

}  // namespace omserve
