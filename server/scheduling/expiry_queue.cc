// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/expiry_queue.h"

namespace omserve::scheduling {
namespace {

bool Before(const Job& a, const Job& b) {
  return a.expiry != b.expiry ? a.expiry < b.expiry : a.id < b.id;
}

}  // namespace

void ExpiryQueue::Set(Job& job, absl::Time expiry) {
  job.expiry = expiry;
  if (job.expiry_place == Job::kNoPlace) {
    job.expiry_place = heap_.size();
    heap_.push_back(&job);
  }
  Settle(job, job.expiry_place);
}

void ExpiryQueue::Remove(Job& job) {
  if (job.expiry_place == Job::kNoPlace) return;
  const size_t hole = job.expiry_place;
  job.expiry_place = Job::kNoPlace;
  Job& last = *heap_.back();
  heap_.pop_back();
  if (&last != &job) Settle(last, hole);
}

void ExpiryQueue::Settle(Job& job, size_t at) {
  while (at > 0 && Before(job, *heap_[(at - 1) / 2])) {
    Place(*heap_[(at - 1) / 2], at);
    at = (at - 1) / 2;
  }
  for (size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && Before(*heap_[child + 1], *heap_[child])) ++child;
    if (!Before(*heap_[child], job)) break;
    Place(*heap_[child], at);
    at = child;
  }
  Place(job, at);
}

}  // namespace omserve::scheduling
