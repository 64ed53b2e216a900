// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/token_table.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

constexpr size_t kMostTokenLength = 512;
constexpr absl::string_view kDigestMark = "sha256:";

std::array<uint8_t, 32> DigestOf(absl::string_view token) {
  std::array<uint8_t, 32> out;
  SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(), out.data());
  return out;
}

absl::Status AtLine(int line, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("line ", line, ": ", status.message()));
}

}  // namespace

absl::StatusOr<TokenTable::Entry> TokenTable::ParseLine(
    const std::vector<absl::string_view>& words) {
  if (words.size() != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat(words.size(), " words instead of NAME ROLE[,ROLE...] TOKEN"));
  }
  Entry entry;
  entry.holder.name = std::string(words[0]);
  OMSERVE_ASSIGN_OR_RETURN(entry.holder.roles, ParseRoles(words[1]));
  const absl::string_view token = words[2];
  if (absl::StartsWith(token, kDigestMark)) {
    const absl::string_view digits = token.substr(kDigestMark.size());
    if (digits.size() != 64 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) {
      return absl::InvalidArgumentError("'sha256:' needs the 64 hexadecimal digits of a digest");
    }
    const std::string bytes = absl::HexStringToBytes(std::string(digits));
    std::copy(bytes.begin(), bytes.end(), entry.digest.begin());
    return entry;
  }
  if (token.size() < kLeastTokenLength || token.size() > kMostTokenLength) {
    return absl::InvalidArgumentError(
        absl::StrCat("the token has ", token.size(), " characters and needs ", kLeastTokenLength,
                     " to ", kMostTokenLength, "; 'openssl rand -hex 32' makes one"));
  }
  if (!std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return absl::InvalidArgumentError("the token has characters that a header cannot carry");
  }
  entry.digest = DigestOf(token);
  return entry;
}

absl::StatusOr<TokenTable> TokenTable::Parse(absl::string_view text) {
  TokenTable out;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = line.substr(0, line.find('#'));
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.empty()) continue;
    absl::StatusOr<Entry> entry = ParseLine(words);
    if (!entry.ok()) return AtLine(number, entry.status());
    for (const Entry& other : out.entries_) {
      if (other.holder.name == entry->holder.name || other.digest == entry->digest) {
        return AtLine(number, absl::InvalidArgumentError(absl::StrCat(
                                  "the name or the token of '", other.holder.name, "' again")));
      }
    }
    out.entries_.push_back(*std::move(entry));
    if (out.entries_.size() > kMostTokens) {
      return absl::InvalidArgumentError(absl::StrCat("more than ", kMostTokens, " tokens"));
    }
  }
  if (out.entries_.empty()) return absl::InvalidArgumentError("there is no token in it");
  return out;
}

const TokenHolder* TokenTable::Find(absl::string_view token) const {
  if (token.size() > kMostTokenLength) return nullptr;
  const Digest digest = DigestOf(token);
  const TokenHolder* found = nullptr;
  for (const Entry& entry : entries_) {
    const bool same = CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0;
    found = same ? &entry.holder : found;
  }
  return found;
}

}  // namespace omserve
