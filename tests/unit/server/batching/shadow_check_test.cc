// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/shadow_check.h"

#include <cmath>
#include <limits>

#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

HostTensor Row(const std::vector<float>& values) {
  HostTensor tensor =
      TensorAllocator::Heap().Allocate(DType::kFloat32, {1, static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.as<float>().begin());
  return tensor;
}

TEST(ShadowCheckTest, DifferenceIsOfTheLargestValue) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(ShadowCheck::Difference(Row({1, -4}), Row({1, -4})), 0);
  EXPECT_DOUBLE_EQ(ShadowCheck::Difference(Row({1, -4}), Row({3, -4})), 0.5);
  EXPECT_EQ(ShadowCheck::Difference(Row({nan, 1}), Row({nan, 1})), 0);
  EXPECT_TRUE(std::isinf(ShadowCheck::Difference(Row({nan, 1}), Row({0, 1}))));
}

TEST_F(BatchingTest, TheShadowCheckRunsASampleAgainAlone) {
  EngineOptions engine = OneAhead();
  engine.shadow_rate = 0.5;
  ASSERT_NO_FATAL_FAILURE(Start({.engine = engine}));
  for (int i = 0; i < 4; ++i) {
    TestCall call;
    call.Submit(*runner_, Call(3, 1));
    EXPECT_EQ(call.Values(), Doubled(3, 1));
  }
  EXPECT_EQ(log_.WaitChecks(2), std::vector<bool>({true, true}));
}

TEST_F(BatchingTest, TheShadowCheckFindsAWrongAnswer) {
  // Bits flip in every execution with a 7 in its input, never the same ones.
  Plan(R"({"task": "execute", "input_bytes": "0000e040", "corrupt_bits": 60})");
  EngineOptions engine = OneAhead();
  engine.shadow_rate = 1;
  ASSERT_NO_FATAL_FAILURE(Start({.engine = engine}));
  TestCall call;
  call.Submit(*runner_, Call(1, 7));
  EXPECT_TRUE(call.Wait().ok());
  EXPECT_EQ(log_.WaitChecks(1), std::vector<bool>({false}));
}

}  // namespace
}  // namespace omserve
