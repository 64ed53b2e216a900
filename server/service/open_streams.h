// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pipelines/base/mutex.h"

namespace omserve {

// A stream that can be told to end. Thread-safe.
class DrainableStream {
 public:
  virtual ~DrainableStream() = default;
  // Takes no new work, ends what is at work, and then the stream. Never blocks.
  virtual void Drain() = 0;
};

// The streams that are open, so that a stop reaches those that are idle. Owned by the service.
// Thread-safe.
class OpenStreams {
 public:
  // Streams are shared with whoever drains them: they may end meanwhile.
  using Handle = std::weak_ptr<DrainableStream>;

  // False once DrainAll was called: the stream must not begin.
  bool Add(const Handle& stream) {
    MutexLock lock(mutex_);
    if (!drained_) streams_.insert(stream);
    return !drained_;
  }
  // When the stream has ended. Unknown ones are fine.
  void Remove(const Handle& stream) {
    MutexLock lock(mutex_);
    streams_.erase(stream);
  }
  // Tells every open stream to end, and lets none begin from now on.
  void DrainAll() {
    std::vector<std::shared_ptr<DrainableStream>> open;
    {
      MutexLock lock(mutex_);
      drained_ = true;
      for (const Handle& stream : streams_) {
        if (auto alive = stream.lock()) open.push_back(std::move(alive));
      }
    }
    for (const auto& stream : open) stream->Drain();
  }

 private:
  Mutex mutex_;
  std::set<Handle, std::owner_less<Handle>> streams_ ABSL_GUARDED_BY(mutex_);
  bool drained_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace omserve
