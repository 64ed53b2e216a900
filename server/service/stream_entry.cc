// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/stream_entry.h"

#include <utility>

#include "pipelines/base/status_macros.h"

namespace omserve {

absl::StatusOr<CallTerms> TermsOfStream(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
    absl::Duration default_deadline) {
  OMSERVE_ASSIGN_OR_RETURN(CallTerms terms, ParseCallTerms(metadata));
  if (terms.budget == absl::InfiniteDuration()) terms.budget = default_deadline;
  return terms;
}

absl::Status EnterStream(const absl::StatusOr<CallTerms>& terms, Admission& admission,
                         OpenStreams& streams, const OpenStreams::Handle& stream,
                         std::optional<Admission::Ticket>& ticket) {
  OMSERVE_RETURN_IF_ERROR(terms.status());
  OMSERVE_ASSIGN_OR_RETURN(Admission::Ticket entered, admission.EnterStream());
  ticket.emplace(std::move(entered));
  return streams.Add(stream) ? absl::OkStatus() : StreamStopped();
}

absl::Status StreamStopped() { return absl::UnavailableError("the server is stopping"); }

}  // namespace omserve
