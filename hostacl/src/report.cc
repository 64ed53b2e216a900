// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <utility>

#include "call.h"

namespace hostacl {

void Report::Run() {
  {
    const CallbackScope scope("a callback of aclrtLaunchCallback");
    function_(data_);
  }
  MutexLock lock(&mutex_);
  done_ = true;
  changed_.NotifyAll();
}

void Report::WaitUntilRun(Interrupt* interrupt) {
  interrupt->SetWake([this] {
    MutexLock lock(&mutex_);
    changed_.NotifyAll();
  });
  {
    MutexLock lock(&mutex_);
    while (!done_ && !interrupt->raised()) changed_.Wait(&mutex_);
  }
  interrupt->SetWake(nullptr);
}

void ReportQueue::Post(std::shared_ptr<Report> report) {
  MutexLock lock(&mutex_);
  reports_.push_back(std::move(report));
  changed_.NotifyAll();
}

std::shared_ptr<Report> ReportQueue::Take(std::optional<TimePoint> deadline) {
  MutexLock lock(&mutex_);
  while (reports_.empty()) {
    if (closed_) return nullptr;
    if (!deadline) {
      changed_.Wait(&mutex_);
    } else if (!changed_.WaitUntil(&mutex_, *deadline) && reports_.empty()) {
      return nullptr;
    }
  }
  std::shared_ptr<Report> report = std::move(reports_.front());
  reports_.pop_front();
  return report;
}

bool ReportQueue::closed() {
  MutexLock lock(&mutex_);
  return closed_;
}

void ReportQueue::Close() {
  MutexLock lock(&mutex_);
  closed_ = true;
  changed_.NotifyAll();
}

std::shared_ptr<ReportQueue> ReportThreads::Subscribe(uint64_t thread, const Device* device) {
  MutexLock lock(&mutex_);
  const auto it = threads_.find(thread);
  if (it != threads_.end()) {
    if (it->second.queue->device() != device) return nullptr;
    ++it->second.streams;
    return it->second.queue;
  }
  if (threads_.size() >= kMost) return nullptr;
  auto queue = std::make_shared<ReportQueue>(thread, device);
  threads_.emplace(thread, Subscriber{.queue = queue, .streams = 1});
  return queue;
}

void ReportThreads::Unsubscribe(uint64_t thread) {
  MutexLock lock(&mutex_);
  const auto it = threads_.find(thread);
  if (it == threads_.end() || --it->second.streams > 0) return;
  it->second.queue->Close();
  threads_.erase(it);
}

std::shared_ptr<ReportQueue> ReportThreads::Find(uint64_t thread) {
  MutexLock lock(&mutex_);
  const auto it = threads_.find(thread);
  return it == threads_.end() ? nullptr : it->second.queue;
}

void ReportThreads::Clear() {
  MutexLock lock(&mutex_);
  for (auto& [thread, subscriber] : threads_) subscriber.queue->Close();
  threads_.clear();
}

}  // namespace hostacl
