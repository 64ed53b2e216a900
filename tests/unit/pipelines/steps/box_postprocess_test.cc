// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/box_postprocess.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace omserve {
namespace {

HostTensor Matrix(int64_t rows, std::vector<float> values) {
  HostTensor tensor = TensorAllocator::Heap().Allocate(
      DType::kFloat32, {rows, static_cast<int64_t>(values.size()) / rows});
  std::copy(values.begin(), values.end(), tensor.as<float>().begin());
  return tensor;
}

BoxOptions TwoClasses() {
  BoxOptions options;
  options.num_classes = 2;
  options.frame_width = options.frame_height = 100;
  return options;
}

TEST(BoxPostprocessTest, BackgroundIsLastAndDeltasAreClassMajor) {
  const Box proposals[] = {{10, 10, 30, 30}};
  // Class 1 wins; its deltas are 4..7: dx 1 with std 0.1 moves by 2 pixels.
  const auto found = BoxPostprocess(proposals, Matrix(1, {-5, 3, 0}),
                                    Matrix(1, {9, 9, 9, 9, 1, 0, 0, 0}), TwoClasses());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ((*found)[0].label, 1);
  EXPECT_FLOAT_EQ((*found)[0].box.x1, 12);
  EXPECT_FLOAT_EQ((*found)[0].box.x2, 32);
  EXPECT_NEAR((*found)[0].score, std::exp(3) / (std::exp(-5) + std::exp(3) + 1), 1e-5);
}

TEST(BoxPostprocessTest, SureBackgroundGivesNothing) {
  const Box proposals[] = {{10, 10, 30, 30}};
  const auto found = BoxPostprocess(proposals, Matrix(1, {0, 0, 20}),
                                    Matrix(1, std::vector<float>(8, 0)), TwoClasses());
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->empty());
}

TEST(BoxPostprocessTest, ScoreThresholdIsStrict) {
  const Box proposals[] = {{10, 10, 30, 30}};
  BoxOptions options = TwoClasses();
  options.score_min = 0.25F;  // class 1 has exactly a half
  const auto found = BoxPostprocess(proposals, Matrix(1, {-INFINITY, 0, 0}),
                                    Matrix(1, std::vector<float>(8, 0)), options);
  ASSERT_EQ(found->size(), 1U);
  options.score_min = 0.5F;
  EXPECT_TRUE(BoxPostprocess(proposals, Matrix(1, {-INFINITY, 0, 0}),
                             Matrix(1, std::vector<float>(8, 0)), options)
                  ->empty());
}

TEST(BoxPostprocessTest, SuppressesWithinAClassOnlyAndSortsByScore) {
  const Box proposals[] = {{10, 10, 30, 30}, {10, 10, 30, 31}, {60, 60, 80, 80}};
  const auto found = BoxPostprocess(proposals, Matrix(3, {2, 1.9F, 0, 3, 0.5F, 0, 9, 0, 0}),
                                    Matrix(3, std::vector<float>(24, 0)), TwoClasses());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 3U);
  EXPECT_FLOAT_EQ((*found)[0].box.x1, 60);
  EXPECT_EQ((*found)[1].label, 0);
  EXPECT_FLOAT_EQ((*found)[1].box.y2, 31);
  EXPECT_EQ((*found)[2].label, 1);
  EXPECT_FLOAT_EQ((*found)[2].box.y2, 30);
}

TEST(BoxPostprocessTest, DropsBoxesThatAreNotFinite) {
  const Box proposals[] = {{10, 10, 30, 30}};
  const auto found = BoxPostprocess(proposals, Matrix(1, {5, 0, 0}),
                                    Matrix(1, std::vector<float>(8, std::nanf(""))), TwoClasses());
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->empty());
}

TEST(BoxPostprocessTest, RefusesShapesThatDoNotFit) {
  const Box proposals[] = {{10, 10, 30, 30}};
  EXPECT_EQ(BoxPostprocess(proposals, Matrix(1, {1, 2}), Matrix(1, std::vector<float>(8, 0)),
                           TwoClasses())
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace omserve
