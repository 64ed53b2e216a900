// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "acl/acl.h"

namespace {

TEST(TensorDescTest, TellsWhatItWasMadeWith) {
  const int64_t dims[] = {2, 3, 4};
  aclTensorDesc* desc = aclCreateTensorDesc(ACL_FLOAT16, 3, dims, ACL_FORMAT_NCHW);
  ASSERT_NE(desc, nullptr);
  EXPECT_EQ(aclGetTensorDescType(desc), ACL_FLOAT16);
  EXPECT_EQ(aclGetTensorDescFormat(desc), ACL_FORMAT_NCHW);
  EXPECT_EQ(aclGetTensorDescNumDims(desc), 3u);
  EXPECT_EQ(aclGetTensorDescElementCount(desc), 24u);
  EXPECT_EQ(aclGetTensorDescSize(desc), 48u);
  EXPECT_EQ(aclGetTensorDescDim(desc, 2), 4);
  EXPECT_EQ(aclGetTensorDescDim(desc, 3), -1);
  int64_t dim = 0;
  EXPECT_EQ(aclGetTensorDescDimV2(desc, 1, &dim), ACL_SUCCESS);
  EXPECT_EQ(dim, 3);
  EXPECT_EQ(aclGetTensorDescDimV2(desc, 3, &dim), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclGetTensorDescDimV2(desc, 0, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_STREQ(aclGetTensorDescName(desc), "");
  aclSetTensorDescName(desc, "x");
  EXPECT_STREQ(aclGetTensorDescName(desc), "x");
  EXPECT_EQ(aclSetTensorFormat(desc, ACL_FORMAT_NC1HWC0), ACL_SUCCESS);
  EXPECT_EQ(aclSetTensorShape(desc, 3, dims), ACL_SUCCESS);
  EXPECT_EQ(aclSetTensorOriginFormat(desc, ACL_FORMAT_ND), ACL_SUCCESS);
  EXPECT_EQ(aclSetTensorOriginShape(desc, 3, dims), ACL_SUCCESS);
  EXPECT_EQ(aclSetTensorStorageFormat(desc, ACL_FORMAT_ND), ACL_SUCCESS);
  EXPECT_EQ(aclSetTensorStorageShape(desc, 129, dims), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclSetTensorShape(desc, 1, nullptr), ACL_ERROR_INVALID_PARAM);
  aclDestroyTensorDesc(desc);
  EXPECT_EQ(aclGetTensorDescType(desc), ACL_DT_UNDEFINED);
  EXPECT_EQ(aclGetTensorDescFormat(desc), ACL_FORMAT_UNDEFINED);
  EXPECT_EQ(aclGetTensorDescSize(desc), 0u);
  EXPECT_EQ(aclGetTensorDescNumDims(desc), 0u);
  EXPECT_EQ(aclSetTensorFormat(desc, ACL_FORMAT_ND), ACL_ERROR_INVALID_PARAM);
}

TEST(TensorDescTest, UnknownSizesAndRanges) {
  const int64_t dims[] = {-1, 8};
  int64_t ranges[][2] = {{1, 16}, {8, 8}};
  int64_t range[2] = {};
  aclTensorDesc* desc = aclCreateTensorDesc(ACL_FLOAT, 2, dims, ACL_FORMAT_ND);
  EXPECT_EQ(aclGetTensorDescSize(desc), 0u);
  EXPECT_EQ(aclGetTensorDescDimRange(desc, 0, 2, range), ACL_ERROR_API_NOT_SUPPORT);
  EXPECT_EQ(aclSetTensorShapeRange(desc, 1, ranges), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclSetTensorShapeRange(desc, 2, nullptr), ACL_ERROR_INVALID_PARAM);
  ASSERT_EQ(aclSetTensorShapeRange(desc, 2, ranges), ACL_SUCCESS);
  ASSERT_EQ(aclGetTensorDescDimRange(desc, 0, 2, range), ACL_SUCCESS);
  EXPECT_EQ(range[1], 16);
  EXPECT_EQ(aclGetTensorDescDimRange(desc, 2, 2, range), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclGetTensorDescDimRange(desc, 0, 1, range), ACL_ERROR_INVALID_PARAM);
  aclDestroyTensorDesc(desc);
  const int64_t any[] = {-2};
  desc = aclCreateTensorDesc(ACL_FLOAT, 1, any, ACL_FORMAT_ND);
  EXPECT_EQ(aclGetTensorDescNumDims(desc), ACL_UNKNOWN_RANK);
  aclDestroyTensorDesc(desc);
}

TEST(TensorDescTest, ScalarsAndBadShapes) {
  aclTensorDesc* scalar = aclCreateTensorDesc(ACL_INT64, 0, nullptr, ACL_FORMAT_ND);
  EXPECT_EQ(aclGetTensorDescSize(scalar), 8u);
  aclDestroyTensorDesc(scalar);
  const int64_t dims[] = {-3, -2};
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, -1, dims, ACL_FORMAT_ND), nullptr);
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, 129, dims, ACL_FORMAT_ND), nullptr);
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, 1, nullptr, ACL_FORMAT_ND), nullptr);
  EXPECT_EQ(aclCreateTensorDesc(ACL_FLOAT, 2, dims, ACL_FORMAT_ND), nullptr);
  const int64_t huge[] = {INT64_MAX, INT64_MAX};
  aclTensorDesc* desc = aclCreateTensorDesc(ACL_FLOAT, 2, huge, ACL_FORMAT_ND);
  EXPECT_EQ(aclGetTensorDescElementCount(desc), 0u);
  aclDestroyTensorDesc(desc);
}

TEST(TensorDescTest, ADatasetKeepsItsOwnCopy) {
  const int64_t dims[] = {2};
  aclTensorDesc* desc = aclCreateTensorDesc(ACL_FLOAT, 1, dims, ACL_FORMAT_ND);
  aclmdlDataset* dataset = aclmdlCreateDataset();
  aclDataBuffer* buffer = aclCreateDataBuffer(nullptr, 0);
  EXPECT_EQ(aclmdlSetDatasetTensorDesc(dataset, desc, 0), ACL_ERROR_INVALID_PARAM);
  ASSERT_EQ(aclmdlAddDatasetBuffer(dataset, buffer), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetDatasetTensorDesc(dataset, 0), nullptr);
  ASSERT_EQ(aclmdlSetDatasetTensorDesc(dataset, desc, 0), ACL_SUCCESS);
  aclDestroyTensorDesc(desc);
  EXPECT_EQ(aclmdlSetDatasetTensorDesc(dataset, desc, 0), ACL_ERROR_INVALID_PARAM);
  aclTensorDesc* kept = aclmdlGetDatasetTensorDesc(dataset, 0);
  EXPECT_EQ(aclGetTensorDescDim(kept, 0), 2);
  EXPECT_EQ(aclmdlSetDatasetTensorDesc(dataset, nullptr, 0), ACL_SUCCESS);
  EXPECT_EQ(aclGetTensorDescNumDims(kept), 0u);
  EXPECT_EQ(aclmdlGetDatasetTensorDesc(dataset, 0), nullptr);
  EXPECT_EQ(aclmdlDestroyDataset(dataset), ACL_SUCCESS);
  EXPECT_EQ(aclDestroyDataBuffer(buffer), ACL_SUCCESS);
}

}  // namespace
