// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/classifier_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/pipelines/image/sample_pictures.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using Options = ClassifierInputOptions;

// Pillow 10.4.0: resize((7, 6), BILINEAR) of Patterned(11, 9), crop((2, 0, 6, 5)), RGB.
const std::vector<uint8_t> kCropped = {126, 131, 178, 136, 156, 116, 111, 94,  141, 100, 126, 126,
                                       121, 119, 152, 131, 148, 118, 125, 114, 148, 128, 142, 143,
                                       158, 144, 126, 137, 136, 124, 140, 135, 116, 139, 113, 119,
                                       139, 125, 105, 134, 133, 121, 146, 149, 129, 91,  136, 126,
                                       108, 111, 141, 140, 139, 109, 159, 107, 137, 129, 129, 98};

// An input of 4 x 5 pixels whose values come through as they are.
Options Plain() {
  Options options;
  options.width = 4;
  options.height = 5;
  options.resize_side = 6;
  options.divisor = 1;
  options.mean = {0, 0, 0};
  options.std = {1, 1, 1};
  return options;
}

HostTensor Preprocess(const Options& options, int width = 11, int height = 9,
                      ChannelOrder order = ChannelOrder::kRgb) {
  const auto pixels = Patterned(width, height);
  const Picture picture = Picture::Borrow(pixels.data(), width, height, order);
  auto tensor = PreprocessClassifier(picture, options, TensorAllocator::Heap());
  EXPECT_TRUE(tensor.ok()) << tensor.status();
  return tensor.ok() ? *tensor : HostTensor();
}

TEST(ClassifierInputTest, ResizesAndCropsAsTorchvisionDoes) {
  const HostTensor tensor = Preprocess(Plain());
  ASSERT_EQ(tensor.shape(), (Shape{1, 3, 5, 4}));
  for (size_t i = 0; i < kCropped.size(); ++i) {
    EXPECT_EQ(tensor.as<float>()[i % 3 * 20 + i / 3], kCropped[i]) << i;
  }
}

TEST(ClassifierInputTest, NormalisesTheModelsChannelsInTheirOrder) {
  Options options = Plain();
  options.divisor = 255;
  options.mean = {0.1F, 0.2F, 0.3F};
  options.std = {0.5F, 0.25F, 0.125F};
  for (const ChannelOrder wanted : {ChannelOrder::kRgb, ChannelOrder::kBgr}) {
    options.channels = wanted;
    const HostTensor tensor = Preprocess(options);
    for (size_t c = 0; c < 3; ++c) {
      const size_t source = wanted == ChannelOrder::kRgb ? c : 2 - c;
      const float value = static_cast<float>(kCropped[source]) / 255;
      EXPECT_FLOAT_EQ(tensor.as<float>()[c * 20], (value - options.mean[c]) / options.std[c]);
    }
  }
}

TEST(ClassifierInputTest, RawPixelsStayInterleavedBytes) {
  Options options = Plain();
  options.raw_pixels = true;
  HostTensor tensor = Preprocess(options);
  ASSERT_EQ(tensor.shape(), (Shape{1, 5, 4, 3}));
  ASSERT_EQ(tensor.dtype(), DType::kUint8);
  EXPECT_EQ(std::vector<uint8_t>(tensor.as<uint8_t>().begin(), tensor.as<uint8_t>().end()),
            kCropped);
  options.channels = ChannelOrder::kBgr;
  EXPECT_EQ(Preprocess(options).as<uint8_t>()[0], kCropped[2]);
  // A picture that is blue first already is not turned.
  EXPECT_EQ(Preprocess(options, 11, 9, ChannelOrder::kBgr).as<uint8_t>()[0], kCropped[0]);
}

TEST(ClassifierInputTest, StretchKeepsNoProportions) {
  Options options = Plain();
  options.fit = Options::Fit::kStretch;
  options.width = 4;
  options.height = 3;
  const HostTensor tensor = Preprocess(options);
  // The first pixels of Pillow's resize((4, 3), BILINEAR).
  EXPECT_EQ(tensor.as<float>()[0], 113);
  EXPECT_EQ(tensor.as<float>()[1], 126);
  options.filter = Options::Filter::kPillowBicubic;
  EXPECT_EQ(Preprocess(options).as<float>()[0], 110);
}

TEST(ClassifierInputTest, APictureOfOneRowIsAPictureToo) {
  EXPECT_EQ(Preprocess(Plain(), 300, 1).shape(), (Shape{1, 3, 5, 4}));
}

}  // namespace
}  // namespace omserve
