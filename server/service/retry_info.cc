// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/retry_info.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace omserve {

grpc::Status WithRetryInfo(const grpc::Status& status, absl::Duration retry_after) {
  if (status.error_code() != grpc::StatusCode::RESOURCE_EXHAUSTED) return status;
  google::rpc::RetryInfo info;
  const int64_t seconds = absl::IDivDuration(retry_after, absl::Seconds(1), &retry_after);
  info.mutable_retry_delay()->set_seconds(seconds);
  info.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(retry_after)));
  google::rpc::Status details;
  details.set_code(status.error_code());
  details.set_message(status.error_message());
  details.add_details()->PackFrom(info);
  return {status.error_code(), status.error_message(), details.SerializeAsString()};
}

}  // namespace omserve
