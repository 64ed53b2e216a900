// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// atc and the disk: data files larger than 2 GB, and no room for what it writes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "acl_fixture.h"
#include "atc_runner.h"

namespace hostacl::testing {
namespace {

class AtcDiskTest : public AclTest {
 protected:
  void SetUp() override {
    AclTest::SetUp();
    folder_ = std::filesystem::path(::testing::TempDir()) / ("disk_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override {
    std::filesystem::remove_all(folder_);
    AclTest::TearDown();
  }
  std::string File(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  std::string Output() const { return folder_ / "out"; }
  ptrdiff_t Files() const {
    return std::distance(std::filesystem::directory_iterator(folder_),
                         std::filesystem::directory_iterator());
  }

  std::filesystem::path folder_;
};

// A float scalar whose four bytes lie at `offset` of the file `location`.
std::string ScalarIn(const std::string& location, const std::string& name, uint64_t offset) {
  const auto entry = [](const std::string& key, const std::string& value) {
    return ProtoWriter().Bytes(1, key).Bytes(2, value).str();
  };
  return ProtoWriter()
      .Number(2, 1)
      .Bytes(8, name)
      .Bytes(13, entry("location", location))
      .Bytes(13, entry("offset", std::to_string(offset)))
      .Bytes(13, entry("length", "4"))
      .Number(14, 1)
      .str();
}

// The file has holes: it costs no disk, but its offsets need more than 31 and 32 bits.
TEST_F(AtcDiskTest, DataBehindTwoAndFourGigabytesIsFound) {
  constexpr uint64_t kScaleAt = (uint64_t{1} << 31) + 64;
  constexpr uint64_t kShiftAt = (uint64_t{1} << 32) + 4096;
  {
    std::ofstream data(folder_ / "weights.bin", std::ios::binary);
    for (const auto& [at, value] : {std::pair{uint64_t{64}, 100.0f}, std::pair{kScaleAt, 3.0f},
                                    std::pair{uint64_t{4096}, 200.0f}, std::pair{kShiftAt, 5.0f}}) {
      data.seekp(static_cast<std::streamoff>(at));
      data.write(reinterpret_cast<const char*>(&value), sizeof value);
    }
    ASSERT_TRUE(data.good());
  }
  const std::string onnx =
      File("large.onnx", OnnxFile(ProtoWriter()
                                      .Bytes(1, OnnxNode("Mul", {"x", "scale"}, "scaled"))
                                      .Bytes(1, OnnxNode("Add", {"scaled", "shift"}, "y"))
                                      .Bytes(2, "large")
                                      .Bytes(5, ScalarIn("weights.bin", "scale", kScaleAt))
                                      .Bytes(5, ScalarIn("weights.bin", "shift", kShiftAt))
                                      .Bytes(11, OnnxTensor("x", {1, 4}))
                                      .Bytes(12, OnnxTensor("y", {1, 4}))));
  const AtcOutcome outcome = RunAtcTool("--model=" + onnx + " --output=" + Output());
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  uint32_t id = 0;
  ASSERT_EQ(aclmdlLoadFromFile((Output() + ".om").c_str(), &id), ACL_SUCCESS) << Message();
  void* x = Device(16);
  void* y = Device(16);
  ToDevice(x, {1, 2, 3, 4});
  ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}})), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{8, 11, 14, 17}));
}

// What a shell limits, in blocks of 512 or 1024 bytes, fails the same writes as a full disk.
TEST_F(AtcDiskTest, NoRoomForTheModelIsAnErrorThatLeavesNothing) {
  const std::string onnx = File("linear.onnx", LinearOnnx(1, 4, 2, 1));
  const AtcOutcome outcome =
      RunAtcTool("--model=" + onnx + " --output=" + Output(), "ulimit -f 1; ");
  EXPECT_EQ(outcome.status, 1 << 8) << "an exit status, not a signal";
  EXPECT_NE(outcome.text.find("cannot write "), std::string::npos) << outcome.text;
  EXPECT_NE(outcome.text.find(Output() + ".om: File too large"), std::string::npos) << outcome.text;
  EXPECT_EQ(Files(), 1) << "half a file was left";
}

TEST_F(AtcDiskTest, NoRoomForTheReportIsAnErrorThatLeavesNothing) {
  const std::string onnx = File("linear.onnx", LinearOnnx(1, 4, 2, 1));
  const std::string report = folder_ / "report.json";
  AtcOutcome outcome = RunAtcTool("--model=" + onnx + " --op_report=" + report, "ulimit -f 0; ");
  EXPECT_EQ(outcome.status, 1 << 8);
  EXPECT_NE(outcome.text.find("--op_report: cannot write " + report), std::string::npos)
      << outcome.text;
  EXPECT_EQ(Files(), 1) << "half a report was left";
  outcome = RunAtcTool("--model=" + onnx + " --op_report=- 2>&3 >/dev/full; } 3>&1", "{ ");
  EXPECT_EQ(outcome.status, 1 << 8);
  EXPECT_NE(outcome.text.find("No space left on device"), std::string::npos) << outcome.text;
}

}  // namespace
}  // namespace hostacl::testing
