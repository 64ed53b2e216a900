// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/fail_on.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace omserve::client {
namespace {

constexpr char kNotSent[] = "NOT_SENT";
constexpr char kWrong[] = "WRONG_ANSWER";
constexpr int kCodes = 16;  // of gRPC, besides OK

bool IsOutcome(absl::string_view name) {
  if (name == kNotSent || name == kWrong) {
    return true;
  }
  for (int code = 1; code <= kCodes; ++code) {
    if (absl::StatusCodeToString(static_cast<absl::StatusCode>(code)) == name) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<FailOn> ParseFailOn(const std::string& text) {
  FailOn fail_on;
  fail_on.any = text == "any";
  if (fail_on.any || text == "none") {
    return fail_on;
  }
  for (const absl::string_view name : absl::StrSplit(text, ',')) {
    if (!IsOutcome(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", name, "' is not any, none, NOT_SENT, WRONG_ANSWER or a gRPC code"));
    }
    fail_on.codes.emplace(name);
  }
  return fail_on;
}

bool HasFailed(const FailOn& fail_on, const ClassStats& stats) {
  if (fail_on.any) {
    return stats.not_sent > 0 || stats.wrong > 0 || !stats.errors.empty();
  }
  for (const auto& [code, count] : stats.errors) {
    if (count > 0 && fail_on.codes.contains(absl::StatusCodeToString(code))) {
      return true;
    }
  }
  if (stats.wrong > 0 && fail_on.codes.contains(kWrong)) {
    return true;
  }
  return stats.not_sent > 0 && fail_on.codes.contains(kNotSent);
}

}  // namespace omserve::client
