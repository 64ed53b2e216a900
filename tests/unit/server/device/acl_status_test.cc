// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/acl_status.h"

#include <gtest/gtest.h>

#include <string>

namespace omserve {
namespace {

using absl::StatusCode;

struct Row {
  aclError error;
  StatusCode code;
  bool lost;
  bool timeout;
};

class AclStatusTest : public ::testing::TestWithParam<Row> {};

TEST_P(AclStatusTest, ConvertsByTheTable) {
  AclApi api;
  api.aclGetRecentErrMsg = []() -> const char* { return "the recent words"; };
  const Row& row = GetParam();
  const absl::Status status = AclStatus(api, row.error, "doing it");
  EXPECT_EQ(status.code(), row.code) << row.error;
  EXPECT_EQ(IsDeviceLost(status), row.lost) << row.error;
  EXPECT_EQ(IsWaitTimeout(status), row.timeout) << row.error;
  EXPECT_EQ(AclErrorNumber(status), row.error);
  EXPECT_EQ(status.message(),
            "doing it failed: ACL error " + std::to_string(row.error) + ": the recent words");
}

INSTANTIATE_TEST_SUITE_P(
    Codes, AclStatusTest,
    ::testing::Values(Row{100000, StatusCode::kInvalidArgument, false, false},
                      Row{107000, StatusCode::kInvalidArgument, false, false},
                      Row{100001, StatusCode::kFailedPrecondition, false, false},
                      Row{100003, StatusCode::kFailedPrecondition, false, false},
                      Row{107002, StatusCode::kFailedPrecondition, false, false},
                      Row{107019, StatusCode::kUnavailable, false, true},
                      Row{107022, StatusCode::kUnavailable, true, false},
                      Row{145013, StatusCode::kInvalidArgument, false, false},
                      Row{200000, StatusCode::kResourceExhausted, false, false},
                      Row{200001, StatusCode::kUnimplemented, false, false},
                      Row{207001, StatusCode::kResourceExhausted, false, false},
                      Row{300000, StatusCode::kUnavailable, false, false},
                      Row{345104, StatusCode::kFailedPrecondition, false, false},
                      Row{500000, StatusCode::kUnavailable, false, false},
                      Row{507011, StatusCode::kUnavailable, false, false},
                      Row{507014, StatusCode::kUnavailable, true, false},
                      Row{507015, StatusCode::kUnavailable, true, false},
                      Row{507046, StatusCode::kUnavailable, false, true},
                      Row{507047, StatusCode::kUnavailable, false, true},
                      Row{507054, StatusCode::kUnavailable, true, false},
                      Row{545001, StatusCode::kFailedPrecondition, false, false},
                      Row{42, StatusCode::kInternal, false, false}));

TEST(AclStatusOkTest, OnlyZeroIsOk) {
  AclApi api;
  EXPECT_TRUE(AclStatus(api, ACL_SUCCESS, "doing it").ok());
  EXPECT_FALSE(AclStatus(api, ACL_ERROR_REPEAT_INITIALIZE, "doing it").ok());
}

TEST(AclStatusOkTest, CopesWithoutAMessage) {
  AclApi api;
  api.aclGetRecentErrMsg = []() -> const char* { return nullptr; };
  EXPECT_EQ(AclStatus(api, 507011, "a run").message(), "a run failed: ACL error 507011");
  EXPECT_EQ(AclErrorNumber(absl::InternalError("not from ACL")), 0);
}

}  // namespace
}  // namespace omserve
