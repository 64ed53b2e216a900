// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "chips.h"

namespace hostacl {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(RoundingTest, HalfTiesGoToTheEvenNeighbour) {
  // Between 2048 and 4096 fp16 has steps of two.
  EXPECT_EQ(RoundToHalf(2049), 2048);
  EXPECT_EQ(RoundToHalf(2051), 2052);
  EXPECT_EQ(RoundToHalf(2049.001f), 2050);
  EXPECT_EQ(RoundToHalf(-2051), -2052);
  EXPECT_EQ(RoundToHalf(1 + 0x1p-11f), 1);
  EXPECT_EQ(RoundToHalf(1 + 3 * 0x1p-11f), 1 + 2 * 0x1p-10f);
}

TEST(RoundingTest, HalfSubnormalsHaveStepsOfTwoToTheMinus24) {
  EXPECT_EQ(RoundToHalf(0x1p-24f), 0x1p-24f);
  EXPECT_EQ(RoundToHalf(0x1p-25f), 0);  // a tie, to the even zero
  EXPECT_EQ(RoundToHalf(1.001f * 0x1p-25f), 0x1p-24f);
  EXPECT_EQ(RoundToHalf(3 * 0x1p-25f), 2 * 0x1p-24f);
  EXPECT_TRUE(std::signbit(RoundToHalf(-0x1p-30f)));
  EXPECT_EQ(RoundToHalf(0x1p-14f - 0x1p-26f), 0x1p-14f);
}

TEST(RoundingTest, HalfEndsAsTheChipDoes) {
  EXPECT_EQ(RoundToHalf(65519), 65504);
  EXPECT_EQ(RoundToHalf(65519, false), 65504);
  EXPECT_EQ(RoundToHalf(65520), 65504);
  EXPECT_EQ(RoundToHalf(65520, false), kInfinity);
  EXPECT_EQ(RoundToHalf(-1e9f, false), -kInfinity);
  EXPECT_EQ(RoundToHalf(-kInfinity), -65504);
  EXPECT_EQ(RoundToHalf(kInfinity, false), kInfinity);
  EXPECT_EQ(RoundToHalf(std::nanf("")), 0);
  EXPECT_TRUE(std::isnan(RoundToHalf(std::nanf(""), false)));
  for (const char* soc : {"Ascend310P3", "Ascend310B1", "Ascend310", "Ascend910A"}) {
    EXPECT_TRUE(SaturatesHalf(soc)) << soc;
  }
  for (const char* soc : {"Ascend910_9391", "Ascend910B4", "Ascend950PR"}) {
    EXPECT_FALSE(SaturatesHalf(soc)) << soc;
  }
  EXPECT_TRUE(SaturatesHalf("Ascend310P3"));
  EXPECT_FALSE(SaturatesHalf("Ascend910B3"));
}

TEST(RoundingTest, Bfloat16TiesGoToTheEvenNeighbour) {
  EXPECT_EQ(RoundToBfloat16(257), 256);  // steps of two above 256
  EXPECT_EQ(RoundToBfloat16(259), 260);
  EXPECT_EQ(RoundToBfloat16(257.01f), 258);
  EXPECT_EQ(RoundToBfloat16(70000), 70144);  // no end at 65504
  EXPECT_EQ(RoundToBfloat16(std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(RoundToBfloat16(-kInfinity), -kInfinity);
  EXPECT_TRUE(std::isnan(RoundToBfloat16(std::nanf(""))));
  // The smallest float that is not zero is less than half a step.
  EXPECT_EQ(RoundToBfloat16(std::numeric_limits<float>::denorm_min()), 0);
}

TEST(RoundingTest, EachPrecisionRoundsWhatItSays) {
  const Rounding half(Precision::kHalf, true);
  const Rounding brain(Precision::kBfloat16, true);
  const Rounding cube(Precision::kCubeHalf, true);
  const Rounding origin(Precision::kOrigin, true);
  EXPECT_EQ(half.Round(2049), 2048);
  EXPECT_EQ(brain.Round(2049), 2048);
  EXPECT_EQ(brain.Round(2052), 2048);
  EXPECT_EQ(half.Round(2052), 2052);
  EXPECT_EQ(origin.Round(2049), 2049);
  EXPECT_TRUE(half.stage() && brain.stage() && !cube.stage() && !origin.stage());
  EXPECT_TRUE(cube.cube() && !half.cube());
}

TEST(ChipsTest, NamesAndNearMisses) {
  EXPECT_EQ(FamilyOf("Ascend310P3"), ChipFamily::k310P);
  EXPECT_EQ(FamilyOf("Ascend910B4-1"), ChipFamily::k910B);
  EXPECT_EQ(FamilyOf("Ascend910B"), ChipFamily::k910);
  EXPECT_EQ(FamilyOf("ascend310p3"), ChipFamily::kUnknown);
  EXPECT_EQ(ChipsLike("ascend310p3").front(), "Ascend310P3");
  EXPECT_EQ(ChipsLike("310P3").front(), "Ascend310P3");
  EXPECT_EQ(ChipsLike("Ascend910B33").front(), "Ascend910B3");
  EXPECT_TRUE(ChipsLike("H100").empty());
}

}  // namespace
}  // namespace hostacl
