// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/kserve_input.h"

#include <gtest/gtest.h>

#include <cstring>

namespace omserve::client {
namespace {

template <typename Value>
std::vector<Value> Values(const std::string& bytes) {
  std::vector<Value> values(bytes.size() / sizeof(Value));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

TEST(KserveInputTest, ReadsOneFromText) {
  const auto input = ParseKserveInput("INPUT0:FP32:1x256");
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(input->name, "INPUT0");
  EXPECT_EQ(input->datatype, "FP32");
  EXPECT_EQ(input->shape, (std::vector<int64_t>{1, 256}));
  for (const char* text : {"", "a", "a:FP32", "a:FP32:", "a:FP33:1", ":FP32:1", "a:FP32:1x",
                           "a:FP32:-1", "a:FP32:1:2", "a:FP32:axb"}) {
    EXPECT_EQ(ParseKserveInput(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(KserveInputTest, MakesNumbersOfEveryTypeUp) {
  const auto bytes = [](const char* type) {
    const auto made = RawContents({.name = "a", .datatype = type, .shape = {3, 5}, .texts = {}}, 7);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.value_or("");
  };
  for (const float value : Values<float>(bytes("FP32"))) {
    EXPECT_GE(value, 0.5F);
    EXPECT_LT(value, 1);
  }
  for (const double value : Values<double>(bytes("FP64"))) {
    EXPECT_GE(value, 0.5);
    EXPECT_LT(value, 1);
  }
  for (const uint16_t value : Values<uint16_t>(bytes("FP16"))) {
    EXPECT_EQ(value & 0xFC00, 0x3800) << "0.5 to 1";
  }
  for (const uint16_t value : Values<uint16_t>(bytes("BF16"))) {
    EXPECT_EQ(value & 0xFF80, 0x3F00) << "0.5 to 1";
  }
  for (const int64_t value : Values<int64_t>(bytes("INT64"))) {
    EXPECT_GE(value, 0);
    EXPECT_LT(value, 100);
  }
  for (const uint8_t value : Values<uint8_t>(bytes("BOOL"))) EXPECT_LE(value, 1);
  EXPECT_EQ(bytes("UINT8").size(), 15U);
  EXPECT_EQ(bytes("FP32"), bytes("FP32")) << "the same in every run";
}

TEST(KserveInputTest, TakesTextsByTurns) {
  const KserveInput input = {.name = "a", .datatype = "BYTES", .shape = {2}, .texts = {"x", "yz"}};
  EXPECT_EQ(*RawContents(input, 0), std::string("\1\0\0\0x\1\0\0\0x", 10));
  EXPECT_EQ(*RawContents(input, 3), std::string("\2\0\0\0yz\2\0\0\0yz", 12));
}

TEST(KserveInputTest, RefusesWhatCannotBeMade) {
  EXPECT_FALSE(RawContents({.name = "a", .datatype = "FP33", .shape = {1}, .texts = {}}, 0).ok());
  EXPECT_FALSE(RawContents({.name = "a", .datatype = "FP32", .shape = {-1}, .texts = {}}, 0).ok());
  const int64_t large = int64_t{1} << 40;
  EXPECT_FALSE(
      RawContents({.name = "a", .datatype = "FP32", .shape = {large, large}, .texts = {}}, 0).ok());
  for (const char* text :
       {"1", "[]", "[1]", R"([{"datatype": "FP32"}])", R"([{"name": "a", "datatype": "FP33"}])",
        R"([{"name": "a", "datatype": "FP32", "shape": [-1]}])",
        R"([{"name": "a", "datatype": "FP32", "texts": ["x"]}])",
        R"([{"name": "a", "datatype": "BYTES", "texts": [1]}])",
        R"([{"name": "a", "datatype": "BYTES", "colour": 1}])"}) {
    EXPECT_FALSE(ReadKserveInputs(nlohmann::json::parse(text)).ok()) << text;
  }
}

}  // namespace
}  // namespace omserve::client
