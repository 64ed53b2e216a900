// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/open_streams.h"

#include <functional>

#include "gtest/gtest.h"

namespace omserve {
namespace {

struct FakeStream : DrainableStream {
  void Drain() override {
    ++drained;
    on_drain();
  }
  int drained = 0;
  std::function<void()> on_drain = [] {};
};

TEST(OpenStreamsTest, ReachesThoseThatAreOpenAndLetsNobodyInAfter) {
  OpenStreams streams;
  const auto open = std::make_shared<FakeStream>();
  const auto ended = std::make_shared<FakeStream>();
  auto gone = std::make_shared<FakeStream>();
  EXPECT_TRUE(streams.Add(open));
  EXPECT_TRUE(streams.Add(ended));
  EXPECT_TRUE(streams.Add(gone));
  streams.Remove(ended);
  gone.reset();
  streams.DrainAll();
  EXPECT_EQ(open->drained, 1);
  EXPECT_EQ(ended->drained, 0);
  EXPECT_FALSE(streams.Add(ended));
}

TEST(OpenStreamsTest, AStreamMayEndWhileItIsDrained) {
  OpenStreams streams;
  auto stream = std::make_shared<FakeStream>();
  FakeStream& raw = *stream;
  ASSERT_TRUE(streams.Add(stream));
  raw.on_drain = [&] {
    streams.Remove(stream);
    stream.reset();
  };
  streams.DrainAll();
  EXPECT_EQ(stream, nullptr);
}

}  // namespace
}  // namespace omserve
