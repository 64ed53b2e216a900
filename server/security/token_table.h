// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/security/role.h"

namespace omserve {

// Whom a token belongs to.
struct TokenHolder {
  std::string name;  // for operators; never the token
  Roles roles;
};

// Bearer tokens, of which it keeps the SHA-256 alone. Immutable; thread-safe.
class TokenTable {
 public:
  static constexpr size_t kLeastTokenLength = 32;
  static constexpr size_t kMostTokens = 1000;

  // Reads lines of NAME ROLE[,ROLE...] TOKEN; # begins a comment. TOKEN is the token, of 32 to 512
  // characters that a header may carry, or "sha256:" and the 64 hexadecimal digits of its digest.
  // INVALID_ARGUMENT, with the line but never its token, for anything else, a name or token that is
  // there twice, no token at all and more than kMostTokens.
  static absl::StatusOr<TokenTable> Parse(absl::string_view text);

  // Whose it is; null for nobody's. Takes the same time for every token of one length: all digests
  // are compared, and in constant time. Valid as long as the table.
  const TokenHolder* Find(absl::string_view token) const;

  size_t size() const { return entries_.size(); }

 private:
  using Digest = std::array<uint8_t, 32>;
  struct Entry {
    Digest digest;
    TokenHolder holder;
  };
  static absl::StatusOr<Entry> ParseLine(const std::vector<absl::string_view>& words);

  std::vector<Entry> entries_;
};

}  // namespace omserve
