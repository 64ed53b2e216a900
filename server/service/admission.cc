// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/admission.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace omserve {

absl::StatusOr<Admission::Ticket> Admission::Enter() {
  std::optional<Gate::Pass> pass = gate_.Enter();
  if (!pass) return absl::UnavailableError("the server is stopping");
  if (inflight_.fetch_add(1) >= limit_) {
    inflight_.fetch_sub(1);
    return absl::ResourceExhaustedError(
        absl::StrCat("too many requests at work (limit ", limit_, "); try again in ",
                     absl::ToInt64Milliseconds(kRetryAfter), " ms"));
  }
  return Ticket(this, *std::move(pass));
}

}  // namespace omserve
