// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/npu_smi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::IsEmpty;

constexpr char kTable[] = R"(
+--------------------------------------------------------------------------------------------+
| npu-smi 23.0.0                                   Version: 23.0.0                            |
+-------------------------------+-----------------+------------------------------------------+
| NPU     Name                  | Health          | Power(W)     Temp(C)   Hugepages-Usage   |
| Chip    Device                | Bus-Id          | AICore(%)    Memory-Usage(MB)            |
+===============================+=================+==========================================+
| 8       310P3                 | OK              | NA           49        0     / 0         |
| 0       0                     | 0000:81:00.0    | 0            1610 / 21527                |
+===============================+=================+==========================================+
| 9       910B4-1               | Alarm           | 90.1         49        0     / 0         |
| 0       1                     | 0000:82:00.0    | 0            1610 / 21527                |
+===============================+=================+==========================================+
)";

TEST(NpuSmiTest, ReadsTheFirstRowOfEachCard) {
  EXPECT_THAT(ParseNpuSmi(kTable),
              ElementsAre(FieldsAre(8, "310P3", "OK"), FieldsAre(9, "910B4-1", "Alarm")));
}

TEST(NpuSmiTest, PassesOverOtherText) {
  EXPECT_THAT(ParseNpuSmi(""), IsEmpty());
  EXPECT_THAT(ParseNpuSmi("|||\n| 1 |\nno table 12 910B3\n| x 910B3 | OK | |"), IsEmpty());
}

}  // namespace
}  // namespace omserve
