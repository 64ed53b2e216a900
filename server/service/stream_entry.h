// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/string_ref.h>

#include <map>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/service/admission.h"
#include "server/service/call_terms.h"
#include "server/service/open_streams.h"

namespace omserve {

// What the metadata of a stream says of each request on it. The stream may last long: its own
// deadline is none of theirs, so 'default_deadline' is the budget where none is given. Errors:
// those of ParseCallTerms.
absl::StatusOr<CallTerms> TermsOfStream(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata,
    absl::Duration default_deadline);

// Lets a stream in: its ticket, and then a place among those that are told to end when the server
// drains, which may happen before this returns. Errors: those of its terms, RESOURCE_EXHAUSTED,
// UNAVAILABLE.
absl::Status EnterStream(const absl::StatusOr<CallTerms>& terms, Admission& admission,
                         OpenStreams& streams, const OpenStreams::Handle& stream,
                         std::optional<Admission::Ticket>& ticket);

// What a stream ends with when the server drains: UNAVAILABLE.
absl::Status StreamStopped();

}  // namespace omserve
