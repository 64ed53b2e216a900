// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/call_terms.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

constexpr char kBudget[] = "omserve-budget-ms";
constexpr char kPriority[] = "omserve-priority";
constexpr char kTraceparent[] = "traceparent";
constexpr double kMaxBudget = 86'400'000;  // a day, milliseconds
constexpr size_t kMaxShown = 32;

absl::Status Bad(const char* key, const std::string& value, const char* wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat(key, ": '", absl::CHexEscape(value.substr(0, kMaxShown)), "' is not ", wanted));
}

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

absl::StatusOr<std::optional<std::string>> Only(const Metadata& metadata, const char* key) {
  const auto [begin, end] = metadata.equal_range(key);
  if (begin == end) return std::nullopt;
  if (std::next(begin) != end) {
    return absl::InvalidArgumentError(absl::StrCat(key, ": is there more than once"));
  }
  return std::string(begin->second.data(), begin->second.size());
}

}  // namespace

absl::StatusOr<CallTerms> ParseCallTerms(const Metadata& metadata) {
  CallTerms terms;
  OMSERVE_ASSIGN_OR_RETURN(const std::optional<std::string> budget, Only(metadata, kBudget));
  if (budget.has_value()) {
    double milliseconds = 0;
    // Written so that NaN fails.
    if (!absl::SimpleAtod(*budget, &milliseconds) ||
        !(milliseconds > 0 && milliseconds <= kMaxBudget)) {
      return Bad(kBudget, *budget, "a number of milliseconds above 0 and up to 86400000");
    }
    terms.budget = absl::Milliseconds(milliseconds);
  }
  OMSERVE_ASSIGN_OR_RETURN(const std::optional<std::string> priority, Only(metadata, kPriority));
  if (priority.has_value()) {
    if (*priority == "batch") {
      terms.priority = Priority::kBatch;
    } else if (*priority != "interactive") {
      return Bad(kPriority, *priority, "'interactive' or 'batch'");
    }
  }
  const auto [parent, end] = metadata.equal_range(kTraceparent);
  if (parent != end && std::next(parent) == end) {
    terms.parent = ParseTraceparent({parent->second.data(), parent->second.size()});
  }
  return terms;
}

absl::Time BudgetEnd(const CallTerms& terms, std::chrono::system_clock::time_point wire_deadline,
                     absl::Time received, absl::Duration default_deadline) {
  const bool has_wire = wire_deadline != std::chrono::system_clock::time_point::max();
  const bool has_budget = terms.budget != absl::InfiniteDuration();
  if (!has_wire && !has_budget) return received + default_deadline;
  const absl::Time wire = has_wire ? absl::FromChrono(wire_deadline) : absl::InfiniteFuture();
  return std::min(wire, received + terms.budget);
}

}  // namespace omserve
