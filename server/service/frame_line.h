// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace omserve {

// The frames of one video stream, from their arrival to their answers, newest first: one at most
// waits at the door, where the next one takes its place; a bounded number is at work or has an
// answer that the client has not taken. Answers leave in the order of the frames, one at a time.
// Frames are shared with whoever works on them. Thread-compatible: the stream holds a lock.
template <typename Frame>
class FrameLine {
 public:
  // What the client is to be told next.
  struct Answer {
    int64_t number = 0;         // of the frame; the first to arrive is 1
    int64_t dropped = 0;        // frames between the answer before and this one
    int64_t dropped_total = 0;  // since the start
    std::shared_ptr<Frame> frame;
  };

  // REQUIRES: room > 0; frames at work and answers that wait, together.
  explicit FrameLine(size_t room) : room_(room) {}

  // A frame came. Gives back the one that waited until now, which is dropped, or null.
  std::shared_ptr<Frame> Arrive(std::shared_ptr<Frame> frame) {
    ++arrived_;
    return std::exchange(waiting_, std::move(frame));
  }

  // The frame that waits, if one does and there is room for it: it is at work from now on.
  std::shared_ptr<Frame> Begin() {
    if (waiting_ == nullptr || places_.size() >= room_) return nullptr;
    places_.push_back({arrived_, waiting_, State::kAtWork});
    return std::exchange(waiting_, nullptr);
  }

  // No frame has come after this one. REQUIRES: it is at work.
  bool Newest(const Frame& frame) { return Find(frame)->number == arrived_; }

  // A frame at work has its answer.
  void Answered(const Frame& frame) { Find(frame)->state = State::kAnswered; }

  // A frame at work will have no answer, for a newer one came. False, and nothing happens, when it
  // is the newest: nobody would ever hear of it.
  bool Dropped(const Frame& frame) {
    if (Newest(frame)) return false;
    places_.erase(Find(frame));
    return true;
  }

  // The next answer to write; none while another one is being written, or an older frame works.
  std::optional<Answer> Write() {
    if (places_.empty() || places_.front().state != State::kAnswered) return std::nullopt;
    Place& place = places_.front();
    place.state = State::kWriting;
    const int64_t dropped = place.number - last_ - 1;
    dropped_total_ += dropped;
    last_ = place.number;
    return Answer{place.number, dropped, dropped_total_, place.frame};
  }
  // The answer is with the client, or never will be.
  void Written() { places_.pop_front(); }

  // The stream takes no frame any more: drops the one that waits; null when none does.
  std::shared_ptr<Frame> DropWaiting() { return std::exchange(waiting_, nullptr); }
  // Nobody wants answers any more: drops those that wait to be written.
  void DropAnswers() {
    std::erase_if(places_, [](const Place& place) { return place.state == State::kAnswered; });
  }

  std::vector<std::shared_ptr<Frame>> AtWork() const {
    std::vector<std::shared_ptr<Frame>> frames;
    for (const Place& place : places_) {
      if (place.state == State::kAtWork) frames.push_back(place.frame);
    }
    return frames;
  }

  // Nothing waits, works or is to be written.
  bool empty() const { return waiting_ == nullptr && places_.empty(); }

 private:
  enum class State : uint8_t { kAtWork, kAnswered, kWriting };
  struct Place {
    int64_t number = 0;
    std::shared_ptr<Frame> frame;
    State state = State::kAtWork;
  };

  // REQUIRES: the frame is at work.
  typename std::deque<Place>::iterator Find(const Frame& frame) {
    return std::find_if(places_.begin(), places_.end(),
                        [&](const Place& place) { return place.frame.get() == &frame; });
  }

  const size_t room_;
  std::shared_ptr<Frame> waiting_;  // number arrived_
  std::deque<Place> places_;        // in the order of the frames
  int64_t arrived_ = 0;
  int64_t last_ = 0;  // whose answer was written last
  int64_t dropped_total_ = 0;
};

}  // namespace omserve
