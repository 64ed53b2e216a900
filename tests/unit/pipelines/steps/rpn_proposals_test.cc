// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/rpn_proposals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace omserve {
namespace {

HostTensor Filled(Shape shape, float value) {
  HostTensor tensor = TensorAllocator::Heap().Allocate(DType::kFloat32, std::move(shape));
  std::fill(tensor.as<float>().begin(), tensor.as<float>().end(), value);
  return tensor;
}

class RpnProposalsTest : public testing::Test {
 protected:
  RpnProposalsTest() {
    options_.strides = strides_;
    options_.anchor_scales = scales_;
    options_.anchor_ratios = ratios_;
    options_.frame_width = options_.frame_height = 64;
    cls_ = {Filled({1, 3, 16, 16}, -9), Filled({1, 3, 8, 8}, -9)};
    reg_ = {Filled({1, 12, 16, 16}, 0), Filled({1, 12, 8, 8}, 0)};
  }
  const std::vector<int> strides_ = {4, 8};
  const std::vector<float> scales_ = {2};
  const std::vector<float> ratios_ = {0.5F, 1, 2};
  RpnOptions options_;
  std::vector<HostTensor> cls_, reg_;
};

TEST_F(RpnProposalsTest, PutsTheBestAnchorFirstWithItsDeltas) {
  const size_t cell = 5 * 16 + 7;  // y 5, x 7
  cls_[0].as<float>()[1 * 256 + cell] = 3;
  reg_[0].as<float>()[(1 * 4 + 0) * 256 + cell] = 0.5F;  // half a width of 8 to the right
  const auto proposals = RpnProposals(cls_, reg_, options_);
  ASSERT_TRUE(proposals.ok());
  const Proposal& best = proposals->front();
  EXPECT_NEAR(best.score, 1 / (1 + std::exp(-3.0)), 1e-6);
  EXPECT_FLOAT_EQ(best.box.x1, 28 - 4 + 4);
  EXPECT_FLOAT_EQ(best.box.x2, 28 + 4 + 4);
  EXPECT_FLOAT_EQ(best.box.y1, 20 - 4);
  EXPECT_FLOAT_EQ(best.box.y2, 20 + 4);
}

TEST_F(RpnProposalsTest, SuppressesWithinALevelOnly) {
  // The same box 16 x 16 around (16, 16) on both levels; and its twin on the coarse one.
  cls_[1].as<float>()[64 + 2 * 8 + 2] = 5;
  cls_[0].as<float>()[256 + 4 * 16 + 4] = 4;
  for (const size_t side : {2, 3}) {
    reg_[0].as<float>()[(4 + side) * 256 + 4 * 16 + 4] = std::log(2.0F);
  }
  options_.nms_pre = 1;
  const auto proposals = RpnProposals(cls_, reg_, options_);
  ASSERT_TRUE(proposals.ok());
  ASSERT_EQ(proposals->size(), 2U);
  EXPECT_NEAR((*proposals)[0].box.x1, (*proposals)[1].box.x1, 1e-4);
  EXPECT_GT((*proposals)[0].score, (*proposals)[1].score);
}

TEST_F(RpnProposalsTest, LimitsTheNumberOverAllLevels) {
  options_.max_proposals = 5;
  const auto proposals = RpnProposals(cls_, reg_, options_);
  ASSERT_TRUE(proposals.ok());
  EXPECT_EQ(proposals->size(), 5U);
}

TEST_F(RpnProposalsTest, NothingSurvivesWhenAllBoxesAreClippedAway) {
  for (HostTensor& reg : reg_) std::fill(reg.as<float>().begin(), reg.as<float>().end(), 1e6F);
  const auto proposals = RpnProposals(cls_, reg_, options_);
  ASSERT_TRUE(proposals.ok());
  EXPECT_TRUE(proposals->empty());
}

TEST_F(RpnProposalsTest, NanGoesAway) {
  for (HostTensor& cls : cls_) {
    std::fill(cls.as<float>().begin(), cls.as<float>().end(), std::nanf(""));
  }
  EXPECT_TRUE(RpnProposals(cls_, reg_, options_)->empty());
}

TEST_F(RpnProposalsTest, RefusesShapesThatDoNotFit) {
  reg_[1] = Filled({1, 12, 8, 7}, 0);
  EXPECT_EQ(RpnProposals(cls_, reg_, options_).status().code(), absl::StatusCode::kInvalidArgument);
  reg_.pop_back();
  EXPECT_FALSE(RpnProposals(cls_, reg_, options_).ok());
}

}  // namespace
}  // namespace omserve
