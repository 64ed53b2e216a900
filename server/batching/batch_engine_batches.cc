// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What the engine hears of batches that it handed out, and whose fault their end was.
#include <utility>

#include "server/batching/batch_engine.h"
#include "server/batching/batch_outcome.h"

namespace omserve {

void BatchEngine::OnBatchRun(int64_t batch) {
  Aftermath after;
  {
    MutexLock lock(mutex_);
    scheduler_.OnBatchRun(batch, Now());
    Turn(after);
  }
  Conclude(after);
}

void BatchEngine::OnBatchEnded(BatchEnd end) {
  Report(end);
  Aftermath after;
  {
    MutexLock lock(mutex_);
    const scheduling::BatchOutcome outcome = Judge(end);
    if (outcome.result == scheduling::BatchResult::kOk) {
      for (const Segment& segment : end.batch.segments) {
        end.timing.queue = end.batch.formed - segment.call->enqueued();
        segment.call->AddRows(*segment.outputs, segment.first, segment.items, end.timing);
      }
    }
    scheduler_.OnBatchEnded(end.batch.id, outcome, Now());
    Turn(after);
    after.one_batch = true;
    after.at_once = end.looks != nullptr;
    after.depths.emplace_back(end.batch.stage, scheduler_.waiting_items(end.batch.stage->id()));
  }
  end.batch.segments.clear();
  after.Leave(end.looks);
  Conclude(after);
  LeaveDevice(end.batch.id);
}

scheduling::BatchOutcome BatchEngine::Judge(const BatchEnd& end) {
  scheduling::BatchOutcome outcome = OutcomeOf(end);
  const auto own = batches_.find(end.batch.id);
  if (own == batches_.end() || outcome.result == scheduling::BatchResult::kDeviceLost) {
    return outcome;
  }
  if (!end.status.ok()) {
    const int64_t request = RequestOf(own->second);
    for (const auto& [id, order] : batches_) {
      // A request of its own ends with the error in any case.
      const bool same = request != 0 && RequestOf(order) == request;
      if (id == own->first || order.device != own->second.device || same) continue;
      unclear_.insert(id);
      unclear_.insert(own->first);
    }
  }
  if (unclear_.contains(own->first)) outcome.result = scheduling::BatchResult::kUnclear;
  return outcome;
}

int64_t BatchEngine::RequestOf(const scheduling::ScheduledBatch& order) const {
  int64_t request = 0;
  for (const scheduling::Segment& segment : order.segments) {
    const auto call = calls_.find(segment.job);
    const int64_t own = call == calls_.end() ? 0 : call->second->request();
    if (own == 0 || (request != 0 && own != request)) return 0;
    request = own;
  }
  return request;
}

void BatchEngine::Report(const BatchEnd& end) {
  BatchRecord record;
  record.model = end.batch.stage->pipeline();
  record.stage = end.batch.stage->spec().name;
  record.device = end.timing.device;
  record.gear = end.batch.gear;
  record.items = static_cast<int>(end.batch.items);
  record.padding = end.timing.padding;
  record.calls = static_cast<int>(end.batch.segments.size());
  record.queue = end.batch.formed - end.batch.segments.front().call->enqueued();
  record.batch_form = end.timing.batch_form;
  record.h2d = end.timing.h2d;
  record.execute = end.timing.execute;
  record.d2h = end.timing.d2h;
  record.status = end.status;
  observer_.OnBatch(record);
}

void BatchEngine::OnBatchLost(FormedBatch batch) { LeaveDevice(batch.id); }

// The last use of the batch's stage, which may go now.
void BatchEngine::LeaveDevice(int64_t batch) {
  MutexLock lock(mutex_);
  spare_batches_.Keep(batches_.extract(batch));
  unclear_.erase(batch);
  left_.NotifyAll();
}

}  // namespace omserve
