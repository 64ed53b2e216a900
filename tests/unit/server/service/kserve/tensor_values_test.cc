// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// BYTES elements, shapes and typed contents.
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/service/kserve/bytes_elements.h"
#include "server/service/kserve/tensor_shape.h"
#include "server/service/kserve/typed_contents.h"

namespace omserve::kserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

google::protobuf::RepeatedField<int64_t> Dims(const std::vector<int64_t>& dims) {
  return {dims.begin(), dims.end()};
}
std::string Error(const absl::Status& status) { return std::string(status.message()); }

TEST(BytesElementsTest, ReadsWhatItWrites) {
  std::string raw;
  for (const char* element : {"one", "", "three"}) AppendElement(element, raw);
  EXPECT_EQ(raw.substr(0, 4), std::string("\x03\x00\x00\x00", 4));
  const auto elements = ReadElements(raw, 3, "f");
  ASSERT_TRUE(elements.ok());
  EXPECT_THAT(*elements, ElementsAre("one", "", "three"));
  EXPECT_TRUE(ReadElements("", 0, "f")->empty());
}

TEST(BytesElementsTest, Class18PrefixesThatDoNotFitAreRefused) {
  std::string raw;
  AppendElement("abc", raw);
  EXPECT_THAT(Error(ReadElements(raw, 2, "f").status()), HasSubstr("f: the shape has 2"));
  EXPECT_THAT(Error(ReadElements(raw + "x", 1, "f").status()), HasSubstr("1 bytes are left"));
  EXPECT_THAT(Error(ReadElements(raw.substr(0, 6), 1, "f").status()),
              HasSubstr("says that it has 3 bytes, but 2 are left"));
  EXPECT_FALSE(ReadElements(std::string("\xFF\xFF\xFF\xFF", 4), 1, "f").ok());
  EXPECT_FALSE(ReadElements(raw, -1, "f").ok());
  EXPECT_FALSE(ReadElements(raw, std::numeric_limits<int64_t>::max(), "f").ok());
  EXPECT_THAT(Error(ReadElements(raw + "xyz", 2, "f").status()), HasSubstr("element 1 is cut off"));
}

TEST(TensorShapeTest, CountsElements) {
  EXPECT_EQ(*CountElements(Dims({}), "f"), 1);
  EXPECT_EQ(*CountElements(Dims({2, 3, 4}), "f"), 24);
  EXPECT_EQ(*CountElements(Dims({2, 0, 4}), "f"), 0);
  EXPECT_EQ(ShapeText(Dims({1, 2, 3, 4, 5, 6, 7, 8, 9})), "[1,2,3,4,5,6,7,8,...]");
}

TEST(TensorShapeTest, Class4ProductsThatWrapAreRefused) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  for (const std::vector<int64_t>& dims :
       std::vector<std::vector<int64_t>>{{-1},
                                         {1, -1},
                                         {kMax},
                                         {std::numeric_limits<int64_t>::min()},
                                         {1LL << 31, 1LL << 31},
                                         {1LL << 32, 1LL << 32, 2},
                                         {kMax, kMax},
                                         {3, kMax / 3, 4},
                                         {kMax, 0, kMax, kMax},
                                         {0, -1}}) {
    EXPECT_EQ(CountElements(Dims(dims), "f").status().code(), absl::StatusCode::kInvalidArgument)
        << ShapeText(Dims(dims));
  }
}

// Any product is either exact or refused.
TEST(TensorShapeTest, Class4AnyShapeIsExactOrRefused) {
  std::mt19937_64 random(3);
  const std::vector<int64_t> edges = {0,         1,  2,         3,         1 << 16,   1LL << 31,
                                      1LL << 32, -1, 1LL << 47, 1LL << 48, INT64_MAX, INT64_MIN};
  for (int i = 0; i < 20000; ++i) {
    std::vector<int64_t> dims(random() % 6);
    for (int64_t& dim : dims) dim = edges[random() % edges.size()];
    __int128 exact = 1;
    bool bad = false;
    for (const int64_t dim : dims) {
      bad = bad || dim < 0;
      if (dim >= 0 && exact <= (__int128{1} << 60)) exact *= dim;
    }
    const auto count = CountElements(Dims(dims), "f");
    if (count.ok()) {
      EXPECT_FALSE(bad);
      EXPECT_TRUE(static_cast<__int128>(*count) == exact);
    } else {
      EXPECT_TRUE(bad || exact == 0 || exact > (__int128{1} << 48)) << ShapeText(Dims(dims));
    }
  }
}

TEST(TypedContentsTest, CopiesEachTypeFromItsField) {
  inference::InferTensorContents contents;
  contents.add_uint_contents(7);
  contents.add_uint_contents(255);
  ASSERT_TRUE(CheckTyped(contents, DType::kUint8, 2, "f").ok());
  std::byte bytes[2];
  CopyTyped(contents, DType::kUint8, bytes);
  EXPECT_EQ(bytes[1], std::byte{255});
  inference::InferTensorContents floats;
  floats.add_fp32_contents(1.5F);
  ASSERT_TRUE(CheckTyped(floats, DType::kFloat32, 1, "f").ok());
  float value = 0;
  CopyTyped(floats, DType::kFloat32, reinterpret_cast<std::byte*>(&value));
  EXPECT_EQ(value, 1.5F);
  EXPECT_TRUE(CheckTyped({}, DType::kInt64, 0, "f").ok());
}

TEST(TypedContentsTest, Class18ValuesOfAnotherTypeAreRefused) {
  inference::InferTensorContents contents;
  contents.add_uint_contents(256);
  EXPECT_THAT(Error(CheckTyped(contents, DType::kUint8, 1, "f")), HasSubstr("256 is no UINT8"));
  EXPECT_FALSE(CheckTyped(contents, DType::kInt32, 1, "f").ok());
  EXPECT_FALSE(CheckTyped(contents, DType::kUint8, 2, "f").ok());
  contents.add_int_contents(1);
  EXPECT_FALSE(CheckTyped(contents, DType::kInt32, 1, "f").ok()) << "values in two fields";
  EXPECT_THAT(Error(CheckTyped({}, DType::kFloat16, 1, "f")), HasSubstr("raw_input_contents"));
}

}  // namespace
}  // namespace omserve::kserve
