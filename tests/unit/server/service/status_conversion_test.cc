// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/status_conversion.h"

#include "gtest/gtest.h"

namespace omserve {
namespace {

struct Case {
  absl::Status from;
  grpc::StatusCode code;
  const char* text;
};

TEST(StatusConversionTest, KeepsCodesAndHidesTheInside) {
  constexpr char kInside[] = "the server failed; its log tells why";
  const Case cases[] = {
      {absl::OkStatus(), grpc::StatusCode::OK, ""},
      {absl::CancelledError("gone"), grpc::StatusCode::CANCELLED, "gone"},
      {absl::UnknownError("x"), grpc::StatusCode::UNKNOWN, kInside},
      {absl::InvalidArgumentError("image: is missing"), grpc::StatusCode::INVALID_ARGUMENT,
       "image: is missing"},
      {absl::DeadlineExceededError("late"), grpc::StatusCode::DEADLINE_EXCEEDED, "late"},
      {absl::NotFoundError("model: 'x'"), grpc::StatusCode::NOT_FOUND, "model: 'x'"},
      {absl::AlreadyExistsError("a"), grpc::StatusCode::ALREADY_EXISTS, "a"},
      {absl::PermissionDeniedError("a"), grpc::StatusCode::PERMISSION_DENIED, "a"},
      {absl::ResourceExhaustedError("full"), grpc::StatusCode::RESOURCE_EXHAUSTED, "full"},
      {absl::FailedPreconditionError("/opt/x.om"), grpc::StatusCode::FAILED_PRECONDITION, kInside},
      {absl::AbortedError("a"), grpc::StatusCode::ABORTED, "a"},
      {absl::OutOfRangeError("a"), grpc::StatusCode::OUT_OF_RANGE, "a"},
      {absl::UnimplementedError("a"), grpc::StatusCode::UNIMPLEMENTED, "a"},
      {absl::InternalError("aclmdlExecute /opt/x.om"), grpc::StatusCode::INTERNAL, kInside},
      {absl::UnavailableError("device 0: ACL 507018"), grpc::StatusCode::UNAVAILABLE,
       "device 0: ACL 507018"},
      {absl::DataLossError("a"), grpc::StatusCode::DATA_LOSS, kInside},
      {absl::UnauthenticatedError("a"), grpc::StatusCode::UNAUTHENTICATED, "a"},
  };
  for (const Case& c : cases) {
    const grpc::Status to = ToGrpcStatus(c.from);
    EXPECT_EQ(to.error_code(), c.code) << c.from;
    EXPECT_EQ(to.error_message(), c.text) << c.from;
  }
}

TEST(StatusConversionTest, CutsLongTexts) {
  const grpc::Status to = ToGrpcStatus(absl::InvalidArgumentError(std::string(5000, 'x')));
  EXPECT_EQ(to.error_message().size(), 500u);
  EXPECT_EQ(to.error_message().substr(497), "...");
}

TEST(StatusConversionTest, TakesOutPaths) {
  EXPECT_EQ(WithoutPaths("cannot open /opt/models/a.om: gone"), "cannot open (path): gone");
  EXPECT_EQ(WithoutPaths("'../a/b' and ./c"), "'(path)' and (path)");
  EXPECT_EQ(WithoutPaths("1 / 2 of image/png"), "1 / 2 of image/png");
  EXPECT_EQ(WithoutPaths(""), "");
}

}  // namespace
}  // namespace omserve
