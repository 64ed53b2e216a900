// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <thread>
#include <utility>

#include "acl/acl.h"

namespace conformance {

constexpr std::chrono::seconds kPatience{30};  // of every wait, so that a defect cannot hang

// A thread that is bound to a context and serves the callbacks of the streams that are subscribed
// to it, until the end of its life. Thread-compatible.
class ReportThread {
 public:
  explicit ReportThread(aclrtContext context)
      : thread_([this, context] {
          EXPECT_EQ(aclrtSetCurrentContext(context), ACL_SUCCESS);
          while (!stopping_.load()) (void)aclrtProcessReport(20);
        }) {}
  ReportThread(const ReportThread&) = delete;
  ReportThread& operator=(const ReportThread&) = delete;
  ~ReportThread() {
    stopping_.store(true);
    thread_.join();
  }
  uint64_t id() { return static_cast<uint64_t>(thread_.native_handle()); }

 private:
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Holds a stream's queue back from its construction until Open, by a blocking callback. Works on
// any conforming library without injection. The stream must have no other subscription.
// Thread-compatible.
class StreamGate {
 public:
  StreamGate(aclrtContext context, aclrtStream stream) : stream_(stream), thread_(context) {
    EXPECT_EQ(aclrtSubscribeReport(thread_.id(), stream_), ACL_SUCCESS);
    EXPECT_EQ(aclrtLaunchCallback(&StreamGate::Hold, this, ACL_CALLBACK_BLOCK, stream_),
              ACL_SUCCESS);
    EXPECT_EQ(reached_.get_future().wait_for(kPatience), std::future_status::ready);
  }
  StreamGate(const StreamGate&) = delete;
  StreamGate& operator=(const StreamGate&) = delete;
  ~StreamGate() {
    Open();
    EXPECT_EQ(passed_.get_future().wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(aclrtSynchronizeStreamWithTimeout(stream_, 30000) == ACL_ERROR_RT_STREAM_SYNC_TIMEOUT,
              false);
    (void)aclrtUnSubscribeReport(thread_.id(), stream_);
  }
  void Open() {
    if (!std::exchange(open_, true)) opened_.set_value();
  }

 private:
  static void Hold(void* self) {
    auto* gate = static_cast<StreamGate*>(self);
    auto opened = gate->opened_.get_future();
    gate->reached_.set_value();
    (void)opened.wait_for(kPatience);
    gate->passed_.set_value();
  }

  aclrtStream stream_;
  bool open_ = false;
  std::promise<void> reached_;
  std::promise<void> opened_;
  std::promise<void> passed_;
  ReportThread thread_;
};

}  // namespace conformance
