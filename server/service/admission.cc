// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/admission.h"

#include <optional>

#include "absl/strings/str_cat.h"

namespace omserve {

absl::StatusOr<Admission::Ticket> Admission::Enter() {
  return Enter(inflight_, limit_, "requests at work");
}

absl::StatusOr<Admission::Ticket> Admission::EnterStream() {
  return Enter(streams_, max_streams_, "streams open");
}

absl::StatusOr<Admission::Ticket> Admission::Enter(std::atomic<int>& count, int limit,
                                                   const char* what) {
  std::optional<Gate::Pass> pass = gate_.Enter();
  if (!pass) return absl::UnavailableError("the server is stopping");
  if (count.fetch_add(1) >= limit) {
    count.fetch_sub(1);
    return absl::ResourceExhaustedError(
        absl::StrCat("too many ", what, " (limit ", limit, "); try again in ",
                     absl::ToInt64Milliseconds(kRetryAfter), " ms"));
  }
  return Ticket(&count, *std::move(pass));
}

}  // namespace omserve
