// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/job_queue.h"

#include <gtest/gtest.h>

namespace omserve::scheduling {
namespace {

Job MakeJob(JobId id, int64_t items, absl::Duration key) {
  Job job;
  job.id = id;
  job.spec.items = items;
  job.base = absl::UnixEpoch() + key;
  job.waiting = {{0, items}};
  return job;
}

std::vector<JobId> Order(const JobQueue& queue, DeviceId device) {
  std::vector<JobId> ids;
  queue.Walk(device, [&](Job& job) {
    ids.push_back(job.id);
    return true;
  });
  return ids;
}

TEST(JobQueueTest, ADeviceSeesWhatItMayTakeInOrder) {
  JobQueue queue(2);
  Job free = MakeJob(1, 2, absl::Seconds(2));
  Job here = MakeJob(2, 3, absl::Seconds(1));
  here.bound = 0;
  Job there = MakeJob(3, 4, absl::Seconds(0));
  there.bound = 1;
  Job movable = MakeJob(4, 5, absl::Seconds(3));
  movable.spec.affinity = Affinity::kPreferred;
  movable.spec.device = 1;
  for (Job* job : {&free, &here, &there, &movable}) queue.Insert(*job);
  EXPECT_EQ(Order(queue, 0), (std::vector<JobId>{2, 1, 4}));
  EXPECT_EQ(Order(queue, 1), (std::vector<JobId>{3, 1, 4}));
  EXPECT_EQ(queue.Items(0), 10);
  EXPECT_EQ(queue.BoundItems(1), 4);
  EXPECT_EQ(queue.PreferredItems(1), 5);
  EXPECT_EQ(queue.PreferredItems(0), 0);
  EXPECT_EQ(queue.free_items(), 2);
  queue.Remove(here);
  queue.Remove(here);  // not there any more
  queue.Remove(movable);
  EXPECT_EQ(Order(queue, 0), (std::vector<JobId>{1}));
  EXPECT_EQ(queue.Items(0), 2);
}

TEST(JobQueueTest, EqualKeysGoByAge) {
  JobQueue queue(1);
  Job second = MakeJob(2, 1, absl::ZeroDuration());
  Job first = MakeJob(1, 1, absl::ZeroDuration());
  queue.Insert(second);
  queue.Insert(first);
  EXPECT_EQ(Order(queue, 0), (std::vector<JobId>{1, 2}));
}

TEST(JobQueueTest, AJobComesLaterWithEveryItemThatIsTaken) {
  JobQueue queue(1);
  Job large = MakeJob(1, 10, absl::ZeroDuration());
  large.step = absl::Seconds(1);
  large.waiting = {{4, 10}};
  Job small = MakeJob(2, 1, absl::Seconds(3));
  queue.Insert(large);
  queue.Insert(small);
  EXPECT_EQ(Order(queue, 0), (std::vector<JobId>{2, 1}));
}

}  // namespace
}  // namespace omserve::scheduling
