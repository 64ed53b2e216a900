// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "omserve/client/client.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/client/library/dns_server.h"
#include "tests/unit/client/library/named_vision.h"

namespace omserve::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<Client> Connect(const std::string& target, ClientOptions options = {}) {
  options.target = target;
  auto client = Client::Create(options);
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

v1::DetectRequest Picture(const std::string& bytes) {
  v1::DetectRequest request;
  request.mutable_image()->set_encoded(bytes);
  return request;
}

TEST(ClientTest, EveryMethodHasACallbackAndAFuture) {
  NamedVision server("a");
  const auto client = Connect(server.address());
  EXPECT_EQ(client->Detect(Picture("x")).get()->model(), "a");
  EXPECT_EQ(client->Embed(v1::EmbedRequest()).get()->model(), "a");
  EXPECT_EQ(client->ReadText(v1::ReadTextRequest()).get()->model(), "a");
  EXPECT_EQ(client->ListModels().get()->models(0).name(), "a");
  std::atomic<int> answered{0};
  const auto count = [&](const auto& answer) { answered.fetch_add(answer.ok() ? 1 : 100); };
  client->Detect(Picture("x"), count);
  client->Embed(v1::EmbedRequest(), count);
  client->ReadText(v1::ReadTextRequest(), count);
  client->ListModels(count);
  while (answered.load() < 4) ASSERT_TRUE(client->ListModels().get().ok());
  EXPECT_EQ(answered.load(), 4);
}

TEST(ClientTest, TheDestructorWaitsForEveryCall) {
  NamedVision server("a");
  std::atomic<int> ended{0};
  {
    const auto client = Connect(server.address());
    for (int i = 0; i < 50; ++i) {
      client->Detect(Picture("x"), [&](const auto&) { ended.fetch_add(1); });
    }
  }
  EXPECT_EQ(ended.load(), 50);
}

TEST(ClientTest, DoneMayBeginTheNextCall) {
  NamedVision server("a");
  std::promise<int> over;
  const auto client = Connect(server.address());
  std::function<void(int)> next = [&](int number) {
    client->Detect(Picture("x"), [&, number](const absl::StatusOr<v1::DetectResponse>& answer) {
      if (!answer.ok() || number == 20) return over.set_value(number);
      next(number + 1);
    });
  };
  next(1);
  EXPECT_EQ(over.get_future().get(), 20);
}

TEST(ClientTest, ErrorsAreTheServersAndTellWhenToComeAgain) {
  NamedVision server("a");
  const auto client = Connect(server.address());
  const absl::Status full = client->Detect(Picture("full")).get().status();
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(full.message(), "the queue is full");
  EXPECT_EQ(RetryAfter(full), absl::Milliseconds(50));
  EXPECT_EQ(RetryAfter(absl::OkStatus()), std::nullopt);
}

TEST(ClientTest, NobodyThereIsUnavailable) {
  int port = 0;
  {
    NamedVision server("a");
    port = server.port();
  }
  const auto client = Connect(absl::StrCat("127.0.0.1:", port));
  EXPECT_TRUE(absl::IsUnavailable(client->ListModels().get().status()));
  EXPECT_FALSE(client->WaitForServer(absl::Milliseconds(50)));
}

TEST(ClientTest, ADeadlineEndsACall) {
  NamedVision server("a");
  const auto client = Connect(server.address());
  const auto answer = client->Detect(Picture("hold"), {.deadline = absl::Milliseconds(50)}).get();
  EXPECT_TRUE(absl::IsDeadlineExceeded(answer.status())) << answer.status();
}

TEST(ClientTest, ACallCanBeCancelled) {
  NamedVision server("a");
  std::promise<absl::Status> ended;
  const auto client = Connect(server.address());
  const Call call = client->Detect(Picture("hold"),
                                   [&](const auto& answer) { ended.set_value(answer.status()); });
  call.Cancel();
  EXPECT_TRUE(absl::IsCancelled(ended.get_future().get()));
  call.Cancel();  // there is nothing any more
  Call().Cancel();
}

TEST(ClientTest, CallsInFlightAreBounded) {
  NamedVision server("a");
  std::atomic<int> cancelled{0};
  ClientOptions options;
  options.max_in_flight = 2;
  auto client = Connect(server.address(), options);
  std::vector<Call> calls;
  for (int i = 0; i < 2; ++i) {
    calls.push_back(client->Detect(Picture("hold"), [&](const auto& answer) {
      cancelled.fetch_add(absl::IsCancelled(answer.status()) ? 1 : 0);
    }));
  }
  const absl::Status third = client->Detect(Picture("x")).get().status();
  EXPECT_TRUE(absl::IsResourceExhausted(third));
  EXPECT_THAT(std::string(third.message()), HasSubstr("max_in_flight: 2"));
  for (const Call& call : calls) call.Cancel();
  client.reset();
  EXPECT_EQ(cancelled.load(), 2);
}

TEST(ClientTest, TellsBudgetPriorityAndToken) {
  const std::filesystem::path token =
      std::filesystem::path(::testing::TempDir()) / "omserve_client_token";
  std::ofstream(token) << "abc\n";
  NamedVision server("a");
  ClientOptions options;
  options.access.token_file = token.string();
  const auto client = Connect(server.address(), options);
  ASSERT_TRUE(
      client->Embed({}, {.budget = absl::Milliseconds(1500), .priority = "batch"}).get().ok());
  EXPECT_EQ(server.Metadata("omserve-budget-ms"), "1500");
  EXPECT_EQ(server.Metadata("omserve-priority"), "batch");
  EXPECT_EQ(server.Metadata("authorization"), "Bearer abc");
  ASSERT_TRUE(client->Embed({}).get().ok());
  EXPECT_EQ(server.Metadata("omserve-budget-ms"), "");
  std::filesystem::remove(token);
}

TEST(ClientTest, OptionsThatCannotBeAreRefused) {
  const auto error = [](const std::function<void(ClientOptions&)>& spoil) {
    ClientOptions options;
    spoil(options);
    return Client::Create(options).status().ToString();
  };
  EXPECT_THAT(error([](auto& o) { o.target = ""; }), HasSubstr("target"));
  EXPECT_THAT(error([](auto& o) { o.deadline = absl::ZeroDuration(); }), HasSubstr("deadline"));
  EXPECT_THAT(error([](auto& o) { o.keep_alive = -absl::Seconds(1); }), HasSubstr("keep_alive"));
  EXPECT_THAT(error([](auto& o) { o.max_in_flight = 0; }), HasSubstr("max_in_flight"));
  EXPECT_THAT(error([](auto& o) { o.max_message_bytes = 0; }), HasSubstr("max_message_bytes"));
  EXPECT_THAT(error([](auto& o) { o.access.tls_ca = "/nowhere/ca"; }), HasSubstr("/nowhere/ca"));
}

// Who answered how many of 'count' calls.
std::map<std::string, int> Answers(Client& client, int count) {
  std::map<std::string, int> out;
  for (int i = 0; i < count; ++i) {
    const auto answer = client.Detect(Picture("x")).get();
    ++out[answer.ok() ? answer->model() : answer.status().ToString()];
  }
  return out;
}

// Calls until only 'name' answers; false after a minute.
bool OnlyComesFrom(Client& client, const std::string& name) {
  const absl::Time end = absl::Now() + absl::Minutes(1);
  while (absl::Now() < end) {
    if (Answers(client, 10) == std::map<std::string, int>{{name, 10}}) return true;
  }
  return false;
}

TEST(ClientBalancingTest, AllAddressesOfANameTakeTurns) {
  NamedVision a("a", "127.0.0.2:0");
  NamedVision b("b", absl::StrCat("127.0.0.3:", a.port()));
  ASSERT_EQ(b.port(), a.port());
  DnsServer names({"127.0.0.2", "127.0.0.3"});
  const auto client =
      Connect(absl::StrCat("dns://127.0.0.1:", names.port(), "/vision.test:", a.port()));
  // Until both are connected.
  const absl::Time end = absl::Now() + absl::Minutes(1);
  while (Answers(*client, 2).size() < 2 && absl::Now() < end) {
  }
  EXPECT_GT(names.questions(), 0);
  EXPECT_EQ(Answers(*client, 40), (std::map<std::string, int>{{"a", 20}, {"b", 20}}));
  a.SetServing(false);
  EXPECT_TRUE(OnlyComesFrom(*client, "b")) << "the other is not ready";
  a.SetServing(true);
  b.Stop();
  EXPECT_TRUE(OnlyComesFrom(*client, "a")) << "the other has gone";
}

TEST(ClientBalancingTest, OneServerGetsAllIfToldSo) {
  NamedVision a("a"), b("b");
  ClientOptions options;
  options.round_robin = false;
  const auto client = Connect(absl::StrCat("ipv4:", a.address(), ",", b.address()), options);
  EXPECT_EQ(Answers(*client, 20), (std::map<std::string, int>{{"a", 20}}));
}

TEST(ClientStreamTest, EveryFrameIsAnsweredInOrder) {
  NamedVision server("a");
  const auto client = Connect(server.address());
  std::vector<int64_t> frames;
  absl::Status end = absl::UnknownError("not over");
  DetectStream::Events events;
  events.on_answer = [&](const v1::FrameAnswer& answer) { frames.push_back(answer.frame()); };
  events.on_end = [&](const absl::Status& status) { end = status; };
  events.max_waiting = 4;
  const auto stream = client->OpenDetectStream(std::move(events));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(stream->Send(Picture("x")));
  stream->Finish();
  EXPECT_FALSE(stream->Send(Picture("x"))) << "after Finish";
  stream->Finish();
  ASSERT_TRUE(stream->WaitForEnd(absl::Seconds(30)));
  EXPECT_TRUE(end.ok()) << end;
  EXPECT_THAT(frames, ElementsAre(1, 2, 3, 4));
}

TEST(ClientStreamTest, FramesThatWaitAreBounded) {
  int port = 0;
  {
    NamedVision gone("a");
    port = gone.port();
  }
  const auto client = Connect(absl::StrCat("127.0.0.1:", port));
  DetectStream::Events events;
  events.max_waiting = 3;
  const auto stream = client->OpenDetectStream(std::move(events));
  int taken = 0;
  while (taken < 100 && stream->Send(Picture("x"))) ++taken;
  EXPECT_LE(taken, 4) << "three, and the one that is being written";
  ASSERT_TRUE(stream->WaitForEnd(absl::Seconds(30))) << "with nobody there";
  EXPECT_FALSE(stream->Send(Picture("x"))) << "after the end";
}

TEST(ClientStreamTest, TheServersErrorEndsIt) {
  NamedVision server("a");
  const auto client = Connect(server.address());
  absl::Status end;
  DetectStream::Events events;
  events.on_end = [&](const absl::Status& status) { end = status; };
  const auto stream = client->OpenDetectStream(std::move(events));
  EXPECT_TRUE(stream->Send(Picture("stop")));
  ASSERT_TRUE(stream->WaitForEnd(absl::Seconds(30)));
  EXPECT_TRUE(absl::IsUnavailable(end));
  EXPECT_EQ(end.message(), "the device is lost");
}

TEST(ClientStreamTest, ItCanBeCancelledAndLetGo) {
  NamedVision server("a");
  const auto client = Connect(server.address());
  absl::Status end;
  DetectStream::Events events;
  events.on_end = [&](const absl::Status& status) { end = status; };
  {
    const auto stream = client->OpenDetectStream(events);
    EXPECT_FALSE(stream->WaitForEnd(absl::Milliseconds(20)));
    stream->Cancel();
    ASSERT_TRUE(stream->WaitForEnd(absl::Seconds(30)));
  }
  EXPECT_TRUE(absl::IsCancelled(end));
  end = absl::OkStatus();
  client->OpenDetectStream(events).reset();
  EXPECT_TRUE(absl::IsCancelled(end)) << "the destructor cancels and waits";
}

}  // namespace
}  // namespace omserve::client
