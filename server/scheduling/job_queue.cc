// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/job_queue.h"

namespace omserve::scheduling {

JobQueue::Part& JobQueue::PartOf(const Job& job) {
  if (job.bound >= 0) return bound_[static_cast<size_t>(job.bound)];
  return job.spec.affinity == Affinity::kPreferred ? preferred_ : free_;
}

void JobQueue::Count(const Job& job, Part& part, int64_t items) {
  part.items += items;
  if (&part == &preferred_) homes_[static_cast<size_t>(job.spec.device)] += items;
}

void JobQueue::Insert(Job& job) {
  Part& part = PartOf(job);
  const int64_t items = job.waiting_items();
  spare_.Add(part.jobs, {job.key(items), job.id}) = &job;
  Count(job, part, items);
  job.queued = true;
}

void JobQueue::Remove(Job& job) {
  if (!job.queued) return;
  Part& part = PartOf(job);
  const int64_t items = job.waiting_items();
  spare_.Keep(part.jobs.extract({job.key(items), job.id}));
  Count(job, part, -items);
  job.queued = false;
}

}  // namespace omserve::scheduling
