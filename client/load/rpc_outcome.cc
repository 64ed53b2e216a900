// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/rpc_outcome.h"

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace omserve::client {
namespace {

// A number from the trailing metadata, in 'unit'.
std::optional<absl::Duration> Trailing(const grpc::ClientContext& context, const char* key,
                                       absl::Duration unit) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(key);
  double number = 0;
  if (found == trailers.end() ||
      !absl::SimpleAtod(absl::string_view(found->second.data(), found->second.size()), &number)) {
    return std::nullopt;
  }
  return number * unit;
}

}  // namespace

absl::StatusCode CodeOf(int number) {
  return number >= 0 && number <= static_cast<int>(grpc::StatusCode::UNAUTHENTICATED)
             ? static_cast<absl::StatusCode>(number)
             : absl::StatusCode::kUnknown;
}

absl::StatusCode CodeOf(const grpc::Status& status) {
  return CodeOf(static_cast<int>(status.error_code()));
}

std::optional<absl::Duration> RetryAfterOf(const grpc::ClientContext& context) {
  return Trailing(context, "retry-after-ms", absl::Milliseconds(1));
}

std::optional<absl::Duration> ElapsedOf(const grpc::ClientContext& context) {
  return Trailing(context, "elapsed-us", absl::Microseconds(1));
}

}  // namespace omserve::client
