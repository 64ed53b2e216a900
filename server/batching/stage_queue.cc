// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/stage_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omserve {

absl::Status StageQueue::Push(std::shared_ptr<PendingCall> call) {
  if (items_ > 0 && items_ + call->items() > max_items_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the queue of the stage is full, try again later; items waiting: ", items_));
  }
  items_ += call->items();
  calls_.push_back(std::move(call));
  return absl::OkStatus();
}

std::vector<Segment> StageQueue::Take(int64_t most) {
  std::vector<Segment> segments;
  int64_t row = 0;
  while (row < most && !calls_.empty()) {
    std::shared_ptr<PendingCall>& call = calls_.front();
    const int64_t items = std::min(call->waiting(), most - row);
    Segment segment{call, call->Advance(items), items, row};
    row += items;
    items_ -= items;
    if (call->waiting() == 0) calls_.pop_front();
    segments.push_back(std::move(segment));
  }
  return segments;
}

void StageQueue::Drop(const absl::Status& why, std::vector<Dropped>& dropped) {
  for (auto call = calls_.begin(); call != calls_.end();) {
    absl::Status reason = why.ok() ? (*call)->Check() : why;
    if (reason.ok()) {
      ++call;
      continue;
    }
    const int64_t items = (*call)->waiting();
    (*call)->Advance(items);
    items_ -= items;
    dropped.push_back({std::move(*call), items, std::move(reason)});
    call = calls_.erase(call);
  }
}

absl::Time StageQueue::next_deadline() const {
  absl::Time first = absl::InfiniteFuture();
  for (const auto& call : calls_) first = std::min(first, call->deadline());
  return first;
}

}  // namespace omserve
