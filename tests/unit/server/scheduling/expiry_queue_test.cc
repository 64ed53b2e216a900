// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/expiry_queue.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <utility>
#include <vector>

namespace omserve::scheduling {
namespace {

absl::Time At(int64_t second) { return absl::UnixEpoch() + absl::Seconds(second); }

std::vector<JobId> Drain(ExpiryQueue& queue) {
  std::vector<JobId> ids;
  while (!queue.empty()) {
    ids.push_back(queue.first().id);
    queue.Remove(queue.first());
  }
  return ids;
}

std::vector<Job> MakeJobs(size_t count) {
  std::vector<Job> jobs(count);
  for (size_t i = 0; i < count; ++i) jobs[i].id = static_cast<JobId>(i + 1);
  return jobs;
}

TEST(ExpiryQueueTest, TheFirstToExpireIsInFrontAndOfEqualOnesTheOlder) {
  std::vector<Job> jobs = MakeJobs(4);
  ExpiryQueue queue;
  queue.Set(jobs[3], At(2));
  queue.Set(jobs[0], At(5));
  queue.Set(jobs[2], At(2));
  queue.Set(jobs[1], At(1));
  EXPECT_EQ(Drain(queue), (std::vector<JobId>{2, 3, 4, 1}));
}

TEST(ExpiryQueueTest, AJobMovesWithItsExpiryAndLeavesOnce) {
  std::vector<Job> jobs = MakeJobs(3);
  ExpiryQueue queue;
  for (Job& job : jobs) queue.Set(job, At(job.id));
  queue.Set(jobs[0], At(9));
  EXPECT_EQ(jobs[0].expiry, At(9));
  queue.Remove(jobs[1]);
  queue.Remove(jobs[1]);
  EXPECT_EQ(Drain(queue), (std::vector<JobId>{3, 1}));
  queue.Set(jobs[1], At(1));  // and may come back
  EXPECT_EQ(Drain(queue), (std::vector<JobId>{2}));
}

TEST(ExpiryQueueTest, HasTheOrderOfASortedSet) {
  std::vector<Job> jobs = MakeJobs(60);
  ExpiryQueue queue;
  std::set<std::pair<absl::Time, JobId>> sorted;
  std::mt19937 random(7);
  for (int step = 0; step < 5000; ++step) {
    Job& job = jobs[random() % jobs.size()];
    sorted.erase({job.expiry, job.id});
    if (random() % 3 == 0) {
      queue.Remove(job);
    } else {
      queue.Set(job, At(static_cast<int64_t>(random() % 20)));
      sorted.insert({job.expiry, job.id});
    }
    ASSERT_EQ(queue.empty(), sorted.empty());
    if (!sorted.empty()) ASSERT_EQ(queue.first().id, sorted.begin()->second) << step;
  }
}

}  // namespace
}  // namespace omserve::scheduling
