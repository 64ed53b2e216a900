// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <string>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace omserve {

// A named thread that is joined when its owner lets go; the only home of std::thread. The body must
// end by itself once its owner has told it to. Move-only. Thread-compatible.
class Thread {
 public:
  Thread() = default;
  // 'name' is cut to the 15 characters that Linux shows.
  Thread(std::string name, absl::AnyInvocable<void()> body)
      : thread_([name = name.substr(0, 15), body = std::move(body)]() mutable {
          pthread_setname_np(pthread_self(), name.c_str());
          body();
        }) {}
  Thread(Thread&&) = default;
  Thread& operator=(Thread&& other) {
    Join();
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~Thread() { Join(); }

  // Blocks until the body has ended; does nothing the second time.
  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace omserve
