// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/error_advice.h"

#include "absl/strings/str_cat.h"

namespace omserve::client {

std::string AdviceFor(const absl::Status& status, const std::string& server) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return absl::StrCat("is the server running at ", server,
                          "? Start one with `make serve`, or say where it is with --server or "
                          "OMSERVE_SERVER");
    case absl::StatusCode::kDeadlineExceeded:
      return "raise --deadline-ms, or lower --in-flight";
    case absl::StatusCode::kResourceExhausted:
      return "the server's queues are full: lower --in-flight, or try again later";
    case absl::StatusCode::kNotFound:
      return "`omserve-client models` lists what is served";
    case absl::StatusCode::kInvalidArgument:
      return "change the argument or the picture that the message names";
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("the program at ", server,
                          " does not offer this call: is it an omserve of this version?");
    case absl::StatusCode::kUnauthenticated:
      return "show who you are: --token-file FILE, or --tls-cert FILE with --tls-key FILE";
    case absl::StatusCode::kPermissionDenied:
      return "the server's operator gives roles to tokens and certificates";
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
      return "the server's log says more";
    default:
      return "";
  }
}

std::string DescribeError(const absl::Status& status) {
  return absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message());
}

}  // namespace omserve::client
