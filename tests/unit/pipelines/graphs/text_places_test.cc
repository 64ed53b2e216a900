// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/text_places.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace omserve {
namespace {

// A block of one probability, turned about its middle.
struct Block {
  double x, y, half_width, half_height, degrees;
  float probability;
};

class Map {
 public:
  Map(int width, int height, float ground)
      : width_(width),
        height_(height),
        values_(static_cast<size_t>(width) * static_cast<size_t>(height), ground) {}

  void Draw(const Block& block) {
    const double angle = block.degrees * std::numbers::pi / 180;
    const double reach = block.half_width + block.half_height + 1;
    const int top = std::max(0, static_cast<int>(block.y - reach));
    const int left = std::max(0, static_cast<int>(block.x - reach));
    for (int y = top; y < std::min<double>(height_, block.y + reach); ++y) {
      for (int x = left; x < std::min<double>(width_, block.x + reach); ++x) {
        const double across = (x - block.x) * std::cos(angle) + (y - block.y) * std::sin(angle);
        const double down = -(x - block.x) * std::sin(angle) + (y - block.y) * std::cos(angle);
        if (std::abs(across) > block.half_width || std::abs(down) > block.half_height) continue;
        values_[static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x)] =
            block.probability;
      }
    }
  }
  ProbabilityMap map() const { return {values_.data(), width_, height_, width_}; }

 private:
  int width_, height_;
  std::vector<float> values_;
};

Map SampleMap() {
  Map map(200, 160, 0.05F);
  map.Draw({60.3, 30.2, 40.1, 8.3, 20, 0.9F});
  map.Draw({150.4, 40.7, 30.2, 7.6, 0, 0.8F});
  map.Draw({0.2, 90.4, 25.3, 6.2, 0, 0.95F});    // touches the left border
  map.Draw({100.6, 110.3, 6.4, 30.7, 0, 0.7F});  // grows into the last one
  map.Draw({170.2, 100.4, 12.3, 10.1, 45, 0.6F});
  map.Draw({30.5, 140.4, 0.6, 0.6, 0, 0.9F});    // too small
  map.Draw({60.5, 140.4, 20.2, 5.1, 0, 0.45F});  // text, but not surely enough
  map.Draw({150.3, 140.8, 60.1, 9.2, -5, 0.85F});
  return map;
}

// Golden values: RapidOCR 1.4.4 (DBPostProcess, filter_tag_det_res, sorted_boxes; opencv-python
// 4.8.1, pyclipper 1.4, shapely 2.2) on the same map and a picture of 333 x 400.
TEST(TextPlacesTest, AgreesWithRapidOcr) {
  const Map map = SampleMap();
  const auto found = FindTextPlaces(map.map(), 333, 400, {});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->places.size(), 4U);
  const Quad wanted[] = {{PointF{30, 0}, {195, 70}, {172, 168}, {7, 80}},
                         {PointF{185, 60}, {318, 60}, {318, 148}, {185, 148}},
                         {PointF{281, 178}, {332, 250}, {287, 322}, {236, 250}},
                         {PointF{0, 195}, {55, 195}, {55, 260}, {0, 260}}};
  const double scores[] = {0.792293, 0.741598, 0.535063, 0.85};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(found->places[i].quad, wanted[i]) << i;
    // Corners are cut to whole pixels for the score: their last bit moves its edge.
    EXPECT_NEAR(found->places[i].score, scores[i], 2e-3) << i;
    EXPECT_TRUE(found->places[i].outline.empty());
  }
  EXPECT_EQ(found->cut, 0);
}

TEST(TextPlacesTest, NoTextIsAnEmptyList) {
  const Map map(64, 32, 0.2F);
  const auto found = FindTextPlaces(map.map(), 640, 320, {});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->places.empty());
}

TEST(TextPlacesTest, AllTextIsOnePlaceInsideThePicture) {
  const Map map(64, 32, 0.9F);
  const auto found = FindTextPlaces(map.map(), 64, 32, {});
  ASSERT_EQ(found->places.size(), 1U);
  EXPECT_EQ(found->places[0].quad, (Quad{PointF{0, 0}, {63, 0}, {63, 31}, {0, 31}}));
}

TEST(TextPlacesTest, FiveThousandPlacesAreCapped) {
  Map map(1200, 480, 0.05F);
  for (int row = 0; row < 50; ++row) {
    for (int column = 0; column < 100; ++column) {
      map.Draw({6.0 + 12 * column, 4.8 + 9.6 * row, 3.5, 2.5, 0, 0.9F});
    }
  }
  const auto found = FindTextPlaces(map.map(), 1200, 480, {});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->cut, 4000);
  EXPECT_LE(found->places.size(), 1000U);
  TextPlaceOptions few;
  few.max_places = 7;
  EXPECT_EQ(FindTextPlaces(map.map(), 1200, 480, few)->cut, 4993);
}

TEST(TextPlacesTest, LinesWithoutHeightAreNoPlaces) {
  Map map(100, 60, 0.05F);
  map.Draw({50, 10, 30, 0.1, 0, 0.9F});  // one row of pixels
  map.Draw({50, 30, 0.1, 20, 0, 0.9F});  // one column
  TextPlaceOptions options;
  options.contours.dilation = false;
  EXPECT_TRUE(FindTextPlaces(map.map(), 100, 60, options)->places.empty());
}

TEST(TextPlacesTest, ThresholdsAndRatioAreTheCallers) {
  const Map map = SampleMap();
  TextPlaceOptions options;
  options.score_min = 0.78F;
  EXPECT_EQ(FindTextPlaces(map.map(), 200, 160, options)->places.size(), 2U);
  options.score_min = 0;
  options.unclip_ratio = 0.5;
  const auto tight = FindTextPlaces(map.map(), 200, 160, options);
  options.unclip_ratio = 2.5;
  const auto loose = FindTextPlaces(map.map(), 200, 160, options);
  EXPECT_LT(Distance(tight->places[0].quad[0], tight->places[0].quad[1]),
            Distance(loose->places[0].quad[0], loose->places[0].quad[1]));
}

// A bow: its polygon encloses less than its box.
TEST(TextPlacesTest, PolygonsFollowTheText) {
  Map map(200, 120, 0.05F);
  for (double x = 20; x <= 180; x += 2) {
    map.Draw({x, 30 + 60 * std::pow((x - 100) / 80, 2), 6, 6, 0, 0.9F});
  }
  TextPlaceOptions options;
  options.score_min = 0.1F;
  options.polygons = true;
  const auto found = FindTextPlaces(map.map(), 200, 120, options);
  ASSERT_EQ(found->places.size(), 1U);
  const Polygon& outline = found->places[0].outline;
  ASSERT_GT(outline.size(), 8U);
  double twice = 0;
  for (size_t i = 0; i < outline.size(); ++i) {
    const PointF a = outline[i], b = outline[(i + 1) % outline.size()];
    twice += static_cast<double>(a.x * b.y - b.x * a.y);
    EXPECT_GE(a.x, 0);
    EXPECT_LE(a.x, 200);
  }
  const Quad& quad = found->places[0].quad;
  const double box = static_cast<double>(Distance(quad[0], quad[1]) * Distance(quad[0], quad[3]));
  EXPECT_LT(std::abs(twice) / 2, 0.8 * box);
}

TEST(TextPlacesTest, RefusesAPictureWithoutPixels) {
  const Map map(8, 8, 0);
  EXPECT_FALSE(FindTextPlaces(map.map(), 0, 8, {}).ok());
  EXPECT_FALSE(FindTextPlaces({}, 8, 8, {}).ok());
}

}  // namespace
}  // namespace omserve
