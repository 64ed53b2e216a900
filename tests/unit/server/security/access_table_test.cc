// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/security/access_table.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "inference/grpc_service.pb.h"
#include "omserve/v1/control.pb.h"
#include "omserve/v1/vision.pb.h"

namespace omserve {
namespace {

using ::testing::UnorderedElementsAreArray;

// Every method of every service that this program knows a descriptor of, and those of health, whose
// messages gRPC 1.51 has in no descriptor.
std::set<std::string> DescribedMethods() {
  const google::protobuf::FileDescriptor* const files[] = {
      v1::DetectRequest::descriptor()->file(), v1::LoadRequest::descriptor()->file(),
      inference::ModelInferRequest::descriptor()->file()};
  std::set<std::string> out = {"/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch",
                               "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"};
  for (const auto* file : files) {
    for (int s = 0; s < file->service_count(); ++s) {
      const auto* service = file->service(s);
      for (int m = 0; m < service->method_count(); ++m) {
        out.insert(absl::StrCat("/", service->full_name(), "/", service->method(m)->name()));
      }
    }
  }
  return out;
}

// Beside it, security_test asks a running server which services it has.
TEST(AccessTableTest, HasARowForEveryMethodAndNoOther) {
  std::set<std::string> rows;
  for (const AccessRow& row : AccessTable()) {
    EXPECT_TRUE(rows.insert(absl::StrCat("/", row.service, "/", row.method)).second)
        << row.method << " is there twice";
  }
  EXPECT_GT(rows.size(), 30u);
  EXPECT_THAT(rows, UnorderedElementsAreArray(DescribedMethods()));
}

TEST(AccessTableTest, EveryRowLetsSomebodyIn) {
  for (const AccessRow& row : AccessTable()) {
    EXPECT_NE(row.anyone, !row.roles.empty()) << row.method;
    EXPECT_EQ(FindAccess(absl::StrCat("/", row.service, "/", row.method)), &row);
  }
}

TEST(AccessTableTest, WhatChangesTheServerIsForOperators) {
  for (const char* path :
       {"/omserve.v1.Control/Load", "/omserve.v1.Control/Unload", "/omserve.v1.Control/Reload",
        "/inference.GRPCInferenceService/RepositoryModelLoad",
        "/inference.GRPCInferenceService/RepositoryModelUnload",
        "/inference.GRPCInferenceService/LogSettings"}) {
    const AccessRow* const row = FindAccess(path);
    ASSERT_NE(row, nullptr) << path;
    EXPECT_EQ(row->roles, Roles(Role::kControl)) << path;
  }
}

TEST(AccessTableTest, OnlyWholeNamesAreFound) {
  for (const char* path :
       {"", "/", "//", "omserve.v1.Vision/Detect", "/omserve.v1.Vision", "/omserve.v1.Vision/",
        "/omserve.v1.Vision/Detec", "/omserve.v1.Vision/Detect/", "/omserve.v1.Vision/detect",
        "/Vision/Detect", "/omserve.v1.Vision//Detect", "/a/omserve.v1.Vision/Detect"}) {
    EXPECT_EQ(FindAccess(path), nullptr) << path;
  }
}

}  // namespace
}  // namespace omserve
