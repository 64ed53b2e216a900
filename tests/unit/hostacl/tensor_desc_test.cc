// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

using TensorDescTest = AclTest;

TEST_F(TensorDescTest, SaysWhatItWasMadeOf) {
  const int64_t dims[] = {2, 3};
  aclTensorDesc* desc = aclCreateTensorDesc(ACL_FLOAT16, 2, dims, ACL_FORMAT_ND);
  ASSERT_NE(desc, nullptr);
  EXPECT_EQ(aclGetTensorDescType(desc), ACL_FLOAT16);
  EXPECT_EQ(aclGetTensorDescFormat(desc), ACL_FORMAT_ND);
  EXPECT_EQ(aclGetTensorDescNumDims(desc), 2u);
  EXPECT_EQ(aclGetTensorDescElementCount(desc), 6u);
  EXPECT_EQ(aclGetTensorDescSize(desc), 12u);
  int64_t dim = 0;
  EXPECT_EQ(aclGetTensorDescDimV2(desc, 1, &dim), ACL_SUCCESS);
  EXPECT_EQ(dim, 3);
  EXPECT_EQ(aclGetTensorDescDimV2(desc, 2, &dim), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclGetTensorDescDim(desc, 0), 2);
  EXPECT_EQ(aclGetTensorDescDim(desc, 2), -1);
  EXPECT_STREQ(aclGetTensorDescName(desc), "");
  aclSetTensorDescName(desc, "x");
  EXPECT_STREQ(aclGetTensorDescName(desc), "x");
  EXPECT_EQ(aclSetTensorShape(desc, 2, dims), ACL_SUCCESS);
  EXPECT_EQ(aclSetTensorShape(desc, -1, dims), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclSetTensorFormat(desc, ACL_FORMAT_NCHW), ACL_SUCCESS);
  EXPECT_EQ(aclSetTensorOriginShape(desc, 2, nullptr), ACL_ERROR_INVALID_PARAM);
  aclDestroyTensorDesc(desc);
  EXPECT_EQ(aclGetTensorDescType(desc), ACL_DT_UNDEFINED);
  EXPECT_EQ(aclSetTensorFormat(desc, ACL_FORMAT_NCHW), ACL_ERROR_INVALID_PARAM);
}

TEST_F(TensorDescTest, UnknownSizesAndRanges) {
  const int64_t dims[] = {-1, 4};
  aclTensorDesc* desc = aclCreateTensorDesc(ACL_FLOAT, 2, dims, ACL_FORMAT_ND);
  EXPECT_EQ(aclGetTensorDescSize(desc), 0u);
  int64_t range[2] = {};
  EXPECT_EQ(aclGetTensorDescDimRange(desc, 0, 2, range), ACL_ERROR_API_NOT_SUPPORT);
  int64_t ranges[][ACL_TENSOR_SHAPE_RANGE_NUM] = {{1, 8}, {4, 4}};
  EXPECT_EQ(aclSetTensorShapeRange(desc, 1, ranges), ACL_ERROR_INVALID_PARAM);
  ASSERT_EQ(aclSetTensorShapeRange(desc, 2, ranges), ACL_SUCCESS);
  ASSERT_EQ(aclGetTensorDescDimRange(desc, 0, 2, range), ACL_SUCCESS);
  EXPECT_EQ(range[1], 8);
  EXPECT_EQ(aclGetTensorDescDimRange(desc, 0, 1, range), ACL_ERROR_INVALID_PARAM);
  aclDestroyTensorDesc(desc);
  const int64_t any = -2;
  aclTensorDesc* rankless = aclCreateTensorDesc(ACL_FLOAT, 1, &any, ACL_FORMAT_ND);
  EXPECT_EQ(aclGetTensorDescNumDims(rankless), static_cast<size_t>(ACL_UNKNOWN_RANK));
  aclDestroyTensorDesc(rankless);
  const int64_t bad = -3;
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, 1, &bad, ACL_FORMAT_ND), nullptr);
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, 129, dims, ACL_FORMAT_ND), nullptr);
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, 1, nullptr, ACL_FORMAT_ND), nullptr);
}

TEST_F(TensorDescTest, DatasetKeepsACopy) {
  const int64_t dims[] = {2, 3};
  aclTensorDesc* desc = aclCreateTensorDesc(ACL_FLOAT, 2, dims, ACL_FORMAT_ND);
  aclmdlDataset* dataset = DatasetOf({{Device(64), 64}});
  EXPECT_EQ(aclmdlGetDatasetTensorDesc(dataset, 0), nullptr);
  EXPECT_EQ(aclmdlSetDatasetTensorDesc(dataset, desc, 1), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetDatasetTensorDesc(nullptr, desc, 0), ACL_ERROR_INVALID_PARAM);
  ASSERT_EQ(aclmdlSetDatasetTensorDesc(dataset, desc, 0), ACL_SUCCESS);
  aclDestroyTensorDesc(desc);
  EXPECT_EQ(aclmdlSetDatasetTensorDesc(dataset, desc, 0), ACL_ERROR_INVALID_PARAM);
  aclTensorDesc* copy = aclmdlGetDatasetTensorDesc(dataset, 0);
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(aclGetTensorDescSize(copy), 24u);
  ASSERT_EQ(aclmdlSetDatasetTensorDesc(dataset, nullptr, 0), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetDatasetTensorDesc(dataset, 0), nullptr);
  EXPECT_EQ(aclmdlDestroyDataset(dataset), ACL_SUCCESS);
  EXPECT_EQ(aclGetTensorDescSize(copy), 0u);
}

}  // namespace
}  // namespace hostacl::testing
