// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/block_pool.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace omserve {
namespace {

// A system with a limit, whose blocks are counted.
class BlockPoolTest : public ::testing::Test {
 protected:
  BlockPool MakePool() {
    return BlockPool(
        [this](size_t bytes) -> absl::StatusOr<void*> {
          if (live_.size() >= limit_) return absl::ResourceExhaustedError("no more");
          void* block = std::malloc(bytes);
          live_.insert(block);
          return block;
        },
        [this](void* block) {
          live_.erase(block);
          std::free(block);
        });
  }

  size_t limit_ = 100;
  std::set<void*> live_;
};

TEST_F(BlockPoolTest, SizeClassesAreNeverSmallerAndWasteAQuarterAtMost) {
  for (size_t bytes = 1; bytes < 100000; bytes += 7) {
    const size_t size = BlockPool::SizeClass(bytes);
    EXPECT_GE(size, bytes);
    EXPECT_EQ(BlockPool::SizeClass(size), size) << bytes;
    if (bytes > 512) EXPECT_LE(static_cast<double>(size), static_cast<double>(bytes) * 1.25 + 1);
  }
}

TEST_F(BlockPoolTest, ReusesWhatWasReleased) {
  BlockPool pool = MakePool();
  void* first = *pool.Acquire(3000);
  pool.Release(first);
  EXPECT_EQ(*pool.Acquire(2900), first);
  EXPECT_EQ(pool.stats().allocations, 1u);
  EXPECT_EQ(pool.stats().blocks_in_use, 1u);
  pool.Release(first);
  EXPECT_EQ(pool.stats().bytes_in_use, 0u);
}

TEST_F(BlockPoolTest, TakesAnIdleBlockOfUpToTwiceTheSizeBeforeNewMemory) {
  BlockPool pool = MakePool();
  void* block = *pool.Acquire(8192);
  pool.Release(block);
  EXPECT_EQ(*pool.Acquire(4096), block);
  EXPECT_EQ(pool.stats().bytes_in_use, 8192u);
  pool.Release(block);
  EXPECT_EQ(pool.stats().bytes_in_use, 0u);
  void* small = *pool.Acquire(4095 - 512);  // less than half
  EXPECT_NE(small, block);
  EXPECT_EQ(pool.stats().allocations, 2u);
  EXPECT_EQ(*pool.Acquire(8192), block);  // it went back to its own class
  pool.Release(small);
  pool.Release(block);
}

TEST_F(BlockPoolTest, GivesIdleBlocksBackWhenTheSystemHasNoMore) {
  limit_ = 1;
  BlockPool pool = MakePool();
  pool.Release(*pool.Acquire(1000));
  absl::StatusOr<void*> larger = pool.Acquire(100000);
  ASSERT_TRUE(larger.ok()) << larger.status();
  EXPECT_EQ(live_.size(), 1u);
  EXPECT_EQ(pool.Acquire(1000).status().code(), absl::StatusCode::kResourceExhausted);
  pool.Release(*larger);
}

TEST_F(BlockPoolTest, KnowsItsOwnRanges) {
  BlockPool pool = MakePool();
  char* block = static_cast<char*>(*pool.Acquire(1024));
  EXPECT_TRUE(pool.Owns(block, 1024));
  EXPECT_TRUE(pool.Owns(block + 100, 100));
  EXPECT_FALSE(pool.Owns(block + 1000, 100));
  int outside = 0;
  EXPECT_FALSE(pool.Owns(&outside, sizeof outside));
  pool.Release(block);
}

TEST_F(BlockPoolTest, AbandonsWhatIsInUseWhenClosed) {
  BlockPool pool = MakePool();
  void* used = *pool.Acquire(10);
  pool.Release(*pool.Acquire(5000));
  pool.Close();
  EXPECT_EQ(live_.size(), 1u);
  pool.Release(used);
  EXPECT_EQ(pool.Acquire(10).status().code(), absl::StatusCode::kFailedPrecondition);
  std::free(used);
}

}  // namespace
}  // namespace omserve
