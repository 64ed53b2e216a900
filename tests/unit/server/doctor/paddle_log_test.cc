// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/paddle_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kHead[] = "I0815 08:23:11.123456 117360 kernel_factory.cc:270] ";

PaddleLogScan Scan(const std::vector<std::string>& lines) {
  PaddleLogScanner scanner;
  for (const std::string& line : lines) scanner.AddLine(line);
  return scanner.Result();
}

std::string Missing(const std::string& name) {
  return kHead + std::string("missing npu kernel: ") + name +
         ", expected_kernel_key:{data_type[float32]; data_layout[Undefined(AnyLayout)]; "
         "place[Place(npu:0)]}, fallbacking to CPU one!";
}

TEST(PaddleLogTest, SortsOperatorsAndCountsTheirLines) {
  const PaddleLogScan scan = Scan({Missing("warpctc"), kHead + std::string("something else"),
                                   Missing("adam_"), Missing("warpctc")});
  EXPECT_THAT(scan.missing, ElementsAre(FieldsAre("adam_", 1), FieldsAre("warpctc", 2)));
  EXPECT_EQ(scan.lines, 4);
  EXPECT_EQ(scan.not_understood, 0);
}

TEST(PaddleLogTest, KnowsTheWordsOfAllVersions) {
  const PaddleLogScan scan = Scan({
      kHead + std::string(
                  "fluid missing NPU kernel: a, expected_kernel_key:x, fallbacking to CPU one!"),
      kHead +
          std::string("phi missing NPU kernel: b, expected_kernel_key:x, falling back to CPU one!"),
      kHead + std::string("missing npu kernel: c, expected_kernel_key:x, fallingback to CPU"),
      "NotFoundError: The kernel with key (npu, float32) of kernel `d` is not registered and fail "
      "to fallback to CPU one.",
      // The sixth word, as the guides cut it, with a short thread number that glog pads.
      "I0815 08:23:11.123456  7360 kernel_factory.cc:270] missing e, falling back to CPU",
  });
  EXPECT_THAT(scan.missing, ElementsAre(FieldsAre("a", 1), FieldsAre("b", 1), FieldsAre("c", 1),
                                        FieldsAre("d", 1), FieldsAre("e", 1)));
}

TEST(PaddleLogTest, CountsLinesThatNameNoOperator) {
  const PaddleLogScan scan =
      Scan({"falling back to CPU", "a b c d e falling back to CPU",
            kHead + std::string("missing npu kernel: , fallbacking to CPU")});
  EXPECT_THAT(scan.missing, IsEmpty());
  EXPECT_EQ(scan.not_understood, 3);
}

TEST(PaddleLogTest, SeesATrainingStep) {
  EXPECT_FALSE(Scan({Missing("a")}).saw_step);
  EXPECT_FALSE(Scan({"INFO: loss is CTCLoss"}).saw_step);
  EXPECT_TRUE(
      Scan({"[2025/08/15 08:23:11] ppocr INFO: epoch: [1/100], global_step: 10, lr: 0.0001, "
            "acc: 0.0, norm_edit_dis: 0.1, Loss: 21.9"})
          .saw_step);
}

class PaddleLogFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "/omserve_" + std::to_string(getpid()) + "_paddle.log";
  }
  void TearDown() override { unlink(path_.c_str()); }
  PaddleLogScan Write(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    const auto scan = ScanPaddleLog(path_);
    EXPECT_TRUE(scan.ok()) << scan.status();
    return scan.value_or(PaddleLogScan());
  }
  std::string path_;
};

TEST_F(PaddleLogFileTest, ReadsLinesWithAnyEnd) {
  const PaddleLogScan scan = Write(Missing("a") + "\r\n\n" + Missing("b"));
  EXPECT_THAT(scan.missing, ElementsAre(FieldsAre("a", 1), FieldsAre("b", 1)));
  EXPECT_EQ(scan.lines, 3);
}

TEST_F(PaddleLogFileTest, GoesThroughBinaryPartsAndLinesOfAnyLength) {
  const std::string binary = std::string("\0\xff\x01", 3) + std::string(300'000, 'x');
  const PaddleLogScan scan = Write(binary + "\n" + Missing("a") + "\n" + std::string(3, '\0') +
                                   "\n" + Missing("b") + "\n");
  EXPECT_THAT(scan.missing, ElementsAre(FieldsAre("a", 1), FieldsAre("b", 1)));
  EXPECT_EQ(scan.lines, 4);
}

TEST_F(PaddleLogFileTest, ALineAsLongAsTheBlockIsOneLine) {
  for (const size_t length : {size_t{65534}, size_t{65535}, size_t{65536}, size_t{131070}}) {
    EXPECT_EQ(Write(std::string(length, 'x') + "\n" + Missing("a") + "\n").lines, 2) << length;
  }
}

TEST_F(PaddleLogFileTest, NamesAFileThatIsNotThere) {
  const auto scan = ScanPaddleLog("/nowhere/ocr.log");
  EXPECT_EQ(scan.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(scan.status().message()), HasSubstr("/nowhere/ocr.log"));
}

}  // namespace
}  // namespace omserve
