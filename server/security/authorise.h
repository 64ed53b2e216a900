// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/security/role.h"
#include "server/security/token_table.h"

namespace omserve {

// What one call brings along; all borrowed.
struct CallCredentials {
  absl::string_view path;                             // "/package.Service/Method"
  absl::Span<const absl::string_view> authorization;  // the values of that header
  absl::Span<const absl::string_view> identities;     // names in the verified client certificate
  absl::string_view certificate = {};                 // that one as PEM; empty: none
};

// Why a call is refused, as one word of a bounded set.
enum class Refusal : uint8_t {
  kNone,           // it is not
  kNoCredentials,  // neither a token nor a certificate with roles
  kBadHeader,      // not one "authorization: Bearer TOKEN"
  kUnknownToken,
  kNoRole,  // known, but that RPC is not for it
  kNoRow,   // the RPC is in no row of the table
  kRevokedCertificate,
};
inline constexpr std::array<Refusal, 6> kRefusals = {
    Refusal::kNoCredentials, Refusal::kBadHeader, Refusal::kUnknownToken,
    Refusal::kNoRole,        Refusal::kNoRow,     Refusal::kRevokedCertificate};
// "no_credentials", ...
std::string_view RefusalName(Refusal refusal);
// Whether the caller is unknown (UNAUTHENTICATED), and not merely not allowed (PERMISSION_DENIED).
bool IsUnauthenticated(Refusal refusal);

// 'text' tells the caller what to do, and holds nothing secret.
struct Verdict {
  Refusal refusal = Refusal::kNone;
  std::string text;
};

// Judges one call by the AccessTable. The caller has the roles of its token and those of every name
// in its certificate; a token that is not known is refused whatever else there is. Null 'tokens':
// there are none. Thread-safe; takes no lock and does not block.
Verdict Authorise(const CallCredentials& call, const TokenTable* tokens,
                  const std::map<std::string, Roles>& identities);

}  // namespace omserve
