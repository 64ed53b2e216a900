// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/cost_cache.h"

#include <filesystem>
#include <fstream>

#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

using scheduling::GearCosts;

class CostCacheTest : public BatchingTest {
 protected:
  void SetUp() override {
    BatchingTest::SetUp();
    folder_ = ::testing::TempDir() + "/omserve_costs_" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
  }
  static std::vector<GearCosts::Row> Rows() {
    GearCosts::Row row;
    row.gear = 4;
    row.execute = absl::Microseconds(1500);
    row.copy_in = absl::Microseconds(20);
    row.least = absl::Microseconds(1400);
    row.samples = 3;
    return {row};
  }
  std::string folder_;
};

TEST_F(CostCacheTest, GivesBackWhatItWasGiven) {
  const CostCache cache(folder_);
  EXPECT_TRUE(cache.Load("Ascend310P3", "abc").empty());
  ASSERT_TRUE(cache.Save("Ascend310P3", "abc", Rows()).ok());
  const auto rows = cache.Load("Ascend310P3", "abc");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].gear, 4);
  EXPECT_EQ(rows[0].execute, absl::Microseconds(1500));
  EXPECT_EQ(rows[0].device_type, "Ascend310P3");
  EXPECT_TRUE(cache.Load("Ascend910B4", "abc").empty());
  EXPECT_TRUE(cache.Load("Ascend310P3", "abd").empty());
}

TEST_F(CostCacheTest, ADamagedFileCountsAsAbsent) {
  const CostCache cache(folder_);
  ASSERT_TRUE(cache.Save("x", "abc", Rows()).ok());
  for (const char* content : {"", "other\n1 2 3 2 1\n", "omserve gear costs 1\n4 1500 -1 5 1\n",
                              "omserve gear costs 1\n4 15"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      std::ofstream(entry.path()) << content;
    }
    EXPECT_TRUE(cache.Load("x", "abc").empty()) << content;
  }
}

TEST_F(CostCacheTest, AFolderThatCannotBeWrittenIsAnErrorWithAName) {
  std::ofstream(folder_) << "a file";
  const absl::Status status = CostCache(folder_).Save("x", "abc", Rows());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("cache_dir"));
  EXPECT_TRUE(CostCache("").Save("x", "abc", Rows()).ok());
  std::filesystem::remove(folder_);
}

TEST_F(CostCacheTest, ModelsAreKnownByTheirContent) {
  const std::string one = Write("one", std::string(300'000, 'a'));
  const std::string same = Write("same", std::string(300'000, 'a'));
  std::string text(300'000, 'a');
  text[299'999] = 'b';
  const std::string other = Write("other", text);
  EXPECT_EQ(*CostCache::KeyOf(one), *CostCache::KeyOf(same));
  EXPECT_NE(*CostCache::KeyOf(one), *CostCache::KeyOf(other));
  EXPECT_EQ(CostCache::KeyOf("/nowhere/x.om").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(CostCacheTest, ARestartMeasuresNothingAgain) {
  EngineOptions engine = OneAhead();
  engine.cache_dir = folder_;
  ASSERT_NO_FATAL_FAILURE(Start({.engine = engine}));
  const int measured = log_.entries().empty() ? started_runs() : -1;
  TearDown();
  ASSERT_NO_FATAL_FAILURE(Start({.engine = engine}));
  EXPECT_GE(measured, 2 * 3);    // stages, gears; as often as the time of a run asks for
  EXPECT_EQ(started_runs(), 2);  // each stage once, to be warm
  TestCall call;
  call.Submit(*runner_, Call(3, 1));
  EXPECT_EQ(call.Values(), Doubled(3, 1));
}

}  // namespace
}  // namespace omserve
