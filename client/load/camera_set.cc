// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/camera_set.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "client/load/due_wait.h"

namespace omserve::client {
namespace {

// Frames of a class are numbered from here on, so that nothing else in the run has their numbers.
uint64_t FirstFrame(size_t request_class) { return (request_class + 1) * kFirstFrame; }

}  // namespace

CameraSet::CameraSet(const LoadPlan& plan, size_t request_class, const LoadChannels& channels,
                     LoadProgress* progress, const AnswerCheck* check)
    : plan_(plan), request_class_(request_class), recorder_(plan, progress) {
  const CameraSetting setting = {.plan = plan,
                                 .request_class = request_class,
                                 .progress = progress,
                                 .check = check,
                                 .queue = &queue_,
                                 .recorder = &recorder_,
                                 .recording = &recording_};
  for (int i = 0; i < plan.classes[request_class].spec().cameras; ++i) {
    cameras_.push_back(
        std::make_unique<Camera>(setting, channels[static_cast<size_t>(i) % channels.size()]));
  }
}

CameraSet::~CameraSet() {
  if (sender_.joinable()) {
    sender_.join();
    receiver_.join();
  }
}

void CameraSet::Start() {
  for (const auto& camera : cameras_) camera->Open();
  receiver_ = std::thread([this] { Receive(); });
  sender_ = std::thread([this] { Send(); });
}

void CameraSet::Reconnect(const LoadChannels& channels) {
  for (size_t i = 0; i < cameras_.size(); ++i) {
    cameras_[i]->Reconnect(channels[i % channels.size()]);
  }
}

bool CameraSet::WaitUntilDone(absl::Duration patience) {
  MutexLock lock(done_mutex_);
  if (!done_) done_changed_.WaitFor(done_mutex_, patience);
  return done_;
}

LoadStats CameraSet::TakeStats() {
  sender_.join();
  receiver_.join();
  MutexLock lock(recording_);
  return recorder_.Take();
}

void CameraSet::Send() {
  WakeSharply();
  DueWait wait;
  const double all_fps =
      plan_.classes[request_class_].spec().fps * static_cast<double>(cameras_.size());
  for (uint64_t number = 0;; ++number) {
    const std::chrono::nanoseconds offset(
        std::llround(static_cast<double>(number) / all_fps * 1e9));
    const LoadTime due = plan_.begin + offset;
    if (due >= plan_.end()) break;
    wait.Until(due);
    cameras_[number % cameras_.size()]->Frame({.number = FirstFrame(request_class_) + number,
                                               .request_class = request_class_,
                                               .scheduled = due,
                                               .sent = due});
  }
  for (const auto& camera : cameras_) camera->End();
  // Every stream has a deadline, and a Close.
  Mutex mutex;
  CondVar never;
  const auto closed = [](const auto& camera) { return camera->IsClosed(); };
  while (!std::all_of(cameras_.begin(), cameras_.end(), closed)) {
    MutexLock lock(mutex);
    never.WaitFor(mutex, absl::Milliseconds(10));
  }
  queue_.Shutdown();
  MutexLock lock(done_mutex_);
  done_ = true;
  done_changed_.NotifyAll();
}

void CameraSet::Receive() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) static_cast<QueueEvent*>(tag)->Happened(ok);
}

}  // namespace omserve::client
