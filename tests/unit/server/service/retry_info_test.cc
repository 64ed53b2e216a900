// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/retry_info.h"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

TEST(RetryInfoTest, TellsWhenToTryAgain) {
  const grpc::Status full(grpc::StatusCode::RESOURCE_EXHAUSTED, "full");
  const grpc::Status status =
      WithRetryInfo(full, absl::Seconds(2) + absl::Milliseconds(50) + absl::Nanoseconds(7));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "full");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), 8);
  EXPECT_EQ(details.message(), "full");
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.RetryInfo");
  google::rpc::RetryInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.retry_delay().seconds(), 2);
  EXPECT_EQ(info.retry_delay().nanos(), 50'000'007);
}

// The bytes that everybody's tools expect, written out by hand.
TEST(RetryInfoTest, HasThePublicEncoding) {
  const grpc::Status status = WithRetryInfo({grpc::StatusCode::RESOURCE_EXHAUSTED, "x"},
                                            absl::Seconds(1) + absl::Nanoseconds(5));
  const std::string url = "type.googleapis.com/google.rpc.RetryInfo";
  const std::string info = "\x0a\x04\x08\x01\x10\x05";  // 1: {1: 1, 2: 5}
  const std::string any = "\x0a" + std::string(1, static_cast<char>(url.size())) + url + "\x12" +
                          std::string(1, static_cast<char>(info.size())) + info;
  EXPECT_EQ(status.error_details(),
            "\x08\x08\x12\x01x\x1a" + std::string(1, static_cast<char>(any.size())) + any);
}

TEST(RetryInfoTest, OnlyWhatMayBeTriedAgainLaterHasIt) {
  EXPECT_TRUE(WithRetryInfo(grpc::Status::OK, absl::Seconds(1)).ok());
  const grpc::Status gone(grpc::StatusCode::UNAVAILABLE, "draining");
  EXPECT_EQ(WithRetryInfo(gone, absl::Seconds(1)).error_details(), "");
}

}  // namespace
}  // namespace omserve
