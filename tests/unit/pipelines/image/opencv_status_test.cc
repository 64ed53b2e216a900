// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/opencv_status.h"

#include <gtest/gtest.h>

#include <new>
#include <opencv2/core.hpp>

namespace omserve {
namespace {

TEST(OpenCvStatusTest, TurnsEachExceptionIntoItsStatus) {
  EXPECT_TRUE(RunOpenCv([] {}).ok());
  EXPECT_EQ(RunOpenCv([] { CV_Error(cv::Error::StsBadArg, "no"); }).code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(RunOpenCv([] { CV_Error(cv::Error::StsNoMem, "no"); }).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RunOpenCv([] { throw std::bad_alloc(); }).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace omserve
