// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace omserve::client {

// What the load tester's completion queues give back: its address is the tag. It must live until it
// has happened.
class QueueEvent {
 public:
  // On the thread of the queue.
  virtual void Happened(bool ok) = 0;

 protected:
  ~QueueEvent() = default;
};

}  // namespace omserve::client
