// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/vision_client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/client/fake_vision.h"

namespace omserve::client {
namespace {

std::shared_ptr<const v1::DetectRequest> Request(const std::string& picture) {
  auto request = std::make_shared<v1::DetectRequest>();
  request->mutable_image()->set_encoded(picture);
  return request;
}

// The status of one Detect.
absl::Status DetectStatus(VisionClient& client, const std::string& picture) {
  absl::Status status = absl::UnknownError("never called");
  client.Detect(Request(picture), [&status](const absl::StatusOr<v1::DetectResponse>& response) {
    status = response.status();
  });
  client.WaitUntilIdle();
  return status;
}

TEST(VisionClientTest, HandsAnswersOver) {
  FakeVision fake;
  VisionClient client({.server = fake.address()});
  std::string name;
  client.Detect(Request("cat"), [&name](const absl::StatusOr<v1::DetectResponse>& response) {
    name = response.ok() ? response->detections(0).label_name() : response.status().ToString();
  });
  client.WaitUntilIdle();
  EXPECT_EQ(name, "of cat");
  int values = 0;
  client.Embed(std::make_shared<v1::EmbedRequest>(),
               [&values](const absl::StatusOr<v1::EmbedResponse>& response) {
                 values = response.ok() ? response->features_size() : -1;
               });
  client.WaitUntilIdle();
  EXPECT_EQ(values, 2);
}

TEST(VisionClientTest, KeepsCodeAndMessageOfErrors) {
  FakeVision fake;
  VisionClient client({.server = fake.address()});
  for (const auto code : {absl::StatusCode::kInvalidArgument, absl::StatusCode::kNotFound,
                          absl::StatusCode::kResourceExhausted, absl::StatusCode::kUnavailable,
                          absl::StatusCode::kInternal}) {
    const absl::Status status =
        DetectStatus(client, "fail:" + std::to_string(static_cast<int>(code)));
    EXPECT_EQ(status, absl::Status(code, "failed as told"));
  }
}

// Nobody but the owner may be the last to hold a channel: see VisionClient::Begin.
TEST(VisionClientTest, CanBeDestroyedAsSoonAsItsCallsHaveEnded) {
  FakeVision fake;
  std::atomic<int> done = 0;
  for (int i = 0; i < 300; ++i) {
    VisionClient client({.server = fake.address()});
    for (int call = 0; call < 4; ++call) {
      client.Detect(Request("x"), [&done](const absl::StatusOr<v1::DetectResponse>& response) {
        done += response.ok() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(done, 1200);
}

TEST(VisionClientTest, NeverHasMoreInFlightThanAllowed) {
  FakeVision fake(/*holding=*/true);
  std::atomic<int> done = 0;
  {
    VisionClient client({.server = fake.address(), .max_in_flight = 3});
    std::thread sender([&] {
      for (int i = 0; i < 20; ++i) {
        client.Detect(Request("x"), [&done](const absl::StatusOr<v1::DetectResponse>& response) {
          done += response.ok() ? 1 : 0;
        });
      }
    });
    EXPECT_TRUE(fake.WaitForCalls(3));
    EXPECT_EQ(fake.calls(), 3);  // the fourth waits at the client
    fake.Release();
    sender.join();
  }
  EXPECT_EQ(done, 20);  // the destructor waits
  EXPECT_EQ(fake.calls(), 20);
  EXPECT_EQ(fake.most_at_a_time(), 3);
}

TEST(VisionClientTest, EndsCallsAtTheirDeadline) {
  FakeVision fake(/*holding=*/true);
  VisionClient client({.server = fake.address(), .deadline = absl::Milliseconds(50)});
  EXPECT_EQ(DetectStatus(client, "x").code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(VisionClientTest, SaysUnavailableWhenNobodyListens) {
  std::string address;
  {
    FakeVision fake;
    address = fake.address();
  }
  VisionClient client({.server = address});
  EXPECT_EQ(DetectStatus(client, "x").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client.ListModels().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(client.CheckHealth("").status().code(), absl::StatusCode::kUnavailable);
}

TEST(VisionClientTest, ListsModels) {
  FakeVision fake;
  const auto models = VisionClient({.server = fake.address()}).ListModels();
  ASSERT_TRUE(models.ok()) << models.status();
  EXPECT_EQ(models->models(0).name(), "fake");
}

TEST(VisionClientTest, ChecksHealth) {
  FakeVision fake;
  VisionClient client({.server = fake.address()});
  fake.SetServing(true);
  EXPECT_EQ(*client.CheckHealth(""), Health::kServing);
  fake.SetServing(false);
  EXPECT_EQ(*client.CheckHealth(""), Health::kNotServing);
  EXPECT_EQ(client.CheckHealth("nobody").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace omserve::client
