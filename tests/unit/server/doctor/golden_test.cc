// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "pipelines/base/float16.h"
#include "server/doctor/checksum.h"
#include "server/doctor/compare.h"
#include "server/doctor/npy_file.h"
#include "server/doctor/seeded_inputs.h"
#include "tests/unit/server/doctor/described_oms.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

class GoldenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "omserve_golden_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }
  std::string ErrorOf(const std::string& index) const {
    Write("golden.json", index);
    const auto set = ReadGoldenIndex(folder_);
    EXPECT_EQ(set.status().code(), absl::StatusCode::kInvalidArgument) << index;
    return std::string(set.status().message());
  }

  std::string folder_;
};

HostTensor Floats(const std::vector<float>& values) {
  HostTensor tensor =
      TensorAllocator::Heap().Allocate(DType::kFloat32, {1, static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.as<float>().begin());
  return tensor;
}

TEST_F(GoldenTest, TensorsOfEveryTypeComeBack) {
  for (const DType dtype :
       {DType::kFloat32, DType::kFloat16, DType::kUint8, DType::kInt32, DType::kInt64}) {
    ModelInfo info;
    info.gears = {4};
    info.inputs = {TestTensor("x", {3, 5}, dtype)};
    const HostTensor tensor = SeededInputs(info, 4, 7)[0];
    ASSERT_TRUE(WriteNpy(folder_ + "/t.npy", tensor).ok());
    const auto read = ReadNpy(folder_ + "/t.npy");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->dtype(), dtype);
    EXPECT_EQ(read->shape(), (Shape{4, 3, 5}));
    EXPECT_TRUE(Difference(tensor, *read)->equal);
  }
}

TEST_F(GoldenTest, FilesThatAreNoTensorsAreRefused) {
  ASSERT_TRUE(WriteNpy(folder_ + "/t.npy", Floats({1, 2, 3})).ok());
  std::ifstream file(folder_ + "/t.npy", std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(file)), {});
  const auto refused = [&](const std::string& bytes) {
    Write("bad.npy", bytes);
    return ReadNpy(folder_ + "/bad.npy").status().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_FALSE(refused(good));
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_TRUE(refused(good.substr(0, length))) << length;
  }
  EXPECT_TRUE(refused(good + "x"));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    bytes.replace(bytes.find(from), from.size(), to);
    return bytes;
  };
  EXPECT_TRUE(refused(with("<f4", ">f4")));
  EXPECT_TRUE(refused(with("False", "True ")));
  EXPECT_TRUE(refused(with("(1, 3)", "(-1,3)")));
  EXPECT_TRUE(refused(with("(1, 3), }  ", "(9999999999), }")));
  EXPECT_EQ(ReadNpy(folder_ + "/none.npy").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(GoldenTest, SeededInputsAreTheSameForEver) {
  ModelInfo info;
  info.gears = {4};
  info.inputs = {TestTensor("a", {2}), TestTensor("b", {2}, DType::kFloat16),
                 TestTensor("c", {2}, DType::kInt64)};
  const auto inputs = SeededInputs(info, 1, 2026);
  const auto again = SeededInputs(info, 1, 2026);
  const auto other = SeededInputs(info, 4, 2027);
  EXPECT_TRUE(Difference(inputs[0], again[0])->equal);
  EXPECT_EQ(other[0].shape(), (Shape{4, 2}));
  EXPECT_NE(other[0].as<float>()[0], inputs[0].as<float>()[0]);
  // SplitMix64 of the seed 2026 * 1000003, its highest byte.
  EXPECT_EQ(inputs[0].as<float>()[0], 0.9921875F);
  for (const auto& tensor : SeededInputs(info, 4, 1)) {
    for (int64_t i = 0; i < tensor.elements(); ++i) {
      const auto at = static_cast<size_t>(i);
      if (tensor.dtype() == DType::kFloat16) {
        const float value = HalfToFloat(tensor.as<uint16_t>()[at]);
        EXPECT_TRUE(value >= -1 && value < 1 && value * 128 == std::floor(value * 128)) << value;
      }
      if (tensor.dtype() == DType::kInt64) {
        EXPECT_TRUE(tensor.as<int64_t>()[at] == 0 || tensor.as<int64_t>()[at] == 1);
      }
    }
  }
}

TEST_F(GoldenTest, TheIndexComesBack) {
  GoldenSet set = {"Ascend910B3", "8.0", {}};
  set.models.push_back({"a/b.om", "12", 4, 7, {{"x", "a/b/input_0.npy", "34"}}, {}});
  ASSERT_TRUE(WriteGoldenIndex(folder_, set).ok());
  const auto read = ReadGoldenIndex(folder_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->chip, "Ascend910B3");
  ASSERT_EQ(read->models.size(), 1u);
  EXPECT_EQ(read->models[0].gear, 4);
  EXPECT_EQ(read->models[0].inputs[0].file, "a/b/input_0.npy");
}

TEST_F(GoldenTest, ABadIndexIsNamed) {
  EXPECT_EQ(ReadGoldenIndex(folder_ + "/none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(ErrorOf("nothing"), HasSubstr("is no JSON"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("chip: must be a text"));
  EXPECT_THAT(ErrorOf(R"({"chip": "a", "library": "b"})"), HasSubstr("models: must be a list"));
  EXPECT_THAT(ErrorOf(R"({"chip": "a", "library": "b", "models": [{"om": 3}]})"),
              HasSubstr("models[0].om: must be a text"));
  const std::string outside =
      R"({"chip": "a", "library": "b", "models": [{"om": "m.om", "sha256": "", "gear": 1,
          "seed": 1, "inputs": [{"name": "x", "file": "../../etc/passwd", "sha256": ""}],
          "outputs": []}]})";
  EXPECT_THAT(ErrorOf(outside), HasSubstr("is not below the folder"));
}

TEST_F(GoldenTest, AFileThatChangedIsNoGoldenTensor) {
  ASSERT_TRUE(WriteNpy(folder_ + "/t.npy", Floats({1, 2})).ok());
  const GoldenTensor tensor = {"x", "t.npy", *Sha256OfFile(folder_ + "/t.npy")};
  EXPECT_TRUE(ReadGoldenTensor(folder_, tensor).ok());
  ASSERT_TRUE(WriteNpy(folder_ + "/t.npy", Floats({1, 3})).ok());
  EXPECT_EQ(ReadGoldenTensor(folder_, tensor).status().code(), absl::StatusCode::kDataLoss);
  Write("abc", "abc");  // FIPS 180-2, appendix B.1
  EXPECT_EQ(*Sha256OfFile(folder_ + "/abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DifferenceTest, TellsHowFar) {
  const auto difference = Difference(Floats({3, 4}), Floats({4, 3}));
  ASSERT_TRUE(difference.ok());
  EXPECT_EQ(difference->max_abs, 1);
  EXPECT_DOUBLE_EQ(difference->cosine, 0.96);
  EXPECT_FALSE(difference->equal);
  EXPECT_EQ(Difference(Floats({0, 0}), Floats({-0.0F, 0}))->cosine, 1);
  EXPECT_EQ(Difference(Floats({0, 0}), Floats({1, 0}))->cosine, 0);
  EXPECT_FALSE(Difference(Floats({1}), Floats({1, 2})).ok());
}

TEST(DifferenceTest, WhatIsNoNumberIsFar) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto difference = Difference(Floats({1, nan}), Floats({1, 2}));
  EXPECT_EQ(difference->max_abs, INFINITY);
  EXPECT_FALSE(difference->cosine >= 0.5);
  const auto same = Difference(Floats({INFINITY}), Floats({INFINITY}));
  EXPECT_TRUE(same->equal);
  EXPECT_EQ(same->max_abs, 0);
}

}  // namespace
}  // namespace omserve
