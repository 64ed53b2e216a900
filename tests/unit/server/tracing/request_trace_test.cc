// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/tracing/request_trace.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "gtest/gtest.h"

namespace omserve {
namespace {

using nlohmann::json;

const absl::Time kReceived = absl::FromUnixSeconds(1'700'000'000);

RequestTrace Example() {
  RequestTrace trace;
  trace.context = {0x4bf92f3577b34da6u, 0xa3ce929d0e0e4736u, 0x00f067aa0ba902b7u, true};
  trace.parent = 0x1234;
  trace.method = "Detect";
  trace.model = "vitdet";
  trace.version = "3";
  trace.request_id = "r1";
  trace.received = kReceived;
  trace.ended = kReceived + absl::Milliseconds(20);
  StageTiming decode;
  decode.stage = "decode";
  decode.host = absl::Milliseconds(2);
  decode.ended = kReceived + absl::Milliseconds(3);
  StageTiming backbone;
  backbone.stage = "backbone";
  backbone.device = 1;
  backbone.batch_size = 4;
  backbone.queue = absl::Milliseconds(3);
  backbone.execute = absl::Milliseconds(5);
  backbone.ended = kReceived + absl::Milliseconds(15);
  trace.timings = {decode, backbone};
  return trace;
}

json SpansOf(const std::vector<RequestTrace>& traces) {
  const json whole = json::parse(EncodeTraces({"shop", "1.2"}, traces));
  EXPECT_EQ(whole["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"], "shop");
  return whole["resourceSpans"][0]["scopeSpans"][0]["spans"];
}

json Attribute(const json& span, const std::string& key) {
  for (const json& attribute : span["attributes"]) {
    if (attribute["key"] == key) return attribute["value"];
  }
  return nullptr;
}

TEST(EncodeTracesTest, OneSpanForTheRequestAndOneForEachStage) {
  const json spans = SpansOf({Example()});
  ASSERT_EQ(spans.size(), 3u);
  const json& request = spans[0];
  EXPECT_EQ(request["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(request["spanId"], "00f067aa0ba902b7");
  EXPECT_EQ(request["parentSpanId"], "0000000000001234");
  EXPECT_EQ(request["name"], "omserve/Detect");
  EXPECT_EQ(request["kind"], 2);
  EXPECT_EQ(request["startTimeUnixNano"], "1700000000000000000");
  EXPECT_EQ(request["endTimeUnixNano"], "1700000000020000000");
  EXPECT_EQ(Attribute(request, "omserve.model")["stringValue"], "vitdet");
  EXPECT_EQ(Attribute(request, "rpc.grpc.status_code")["intValue"], "0");
  EXPECT_FALSE(request.contains("status"));
  EXPECT_EQ(spans[1]["name"], "decode");
  EXPECT_EQ(spans[1]["startTimeUnixNano"], "1700000000001000000");
  EXPECT_EQ(spans[1]["endTimeUnixNano"], "1700000000003000000");
  EXPECT_EQ(spans[2]["name"], "backbone");
  EXPECT_EQ(spans[2]["startTimeUnixNano"], "1700000000007000000");
  EXPECT_EQ(Attribute(spans[2], "omserve.execute_us")["intValue"], "5000");
  EXPECT_EQ(Attribute(spans[2], "omserve.batch_size")["intValue"], "4");
  std::set<std::string> ids;
  for (const json& span : spans) {
    ids.insert(span["spanId"]);
    EXPECT_EQ(span["traceId"], request["traceId"]);
    if (&span != &spans[0]) {
      EXPECT_EQ(span["parentSpanId"], request["spanId"]);
    }
  }
  EXPECT_EQ(ids.size(), 3u);
}

TEST(EncodeTracesTest, TheFirstOfATraceHasNoParent) {
  RequestTrace trace = Example();
  trace.parent = 0;
  EXPECT_FALSE(SpansOf({trace})[0].contains("parentSpanId"));
}

TEST(EncodeTracesTest, AFailureHasItsCodeAndNoText) {
  RequestTrace trace = Example();
  trace.code = 13;
  const json span = SpansOf({trace})[0];
  EXPECT_EQ(span["status"]["code"], 2);
  EXPECT_EQ(span["status"]["message"], "INTERNAL");
  EXPECT_EQ(Attribute(span, "rpc.grpc.status_code")["intValue"], "13");
}

TEST(EncodeTracesTest, AStageStaysInsideItsRequest) {
  RequestTrace trace = Example();
  trace.timings[1].execute = absl::Seconds(9);  // of several batches side by side
  trace.timings[0].ended = absl::InfinitePast();
  const json spans = SpansOf({trace});
  EXPECT_EQ(spans[2]["startTimeUnixNano"], spans[0]["startTimeUnixNano"]);
  EXPECT_EQ(spans[1]["endTimeUnixNano"], spans[0]["endTimeUnixNano"]);
}

TEST(EncodeTracesTest, AHostileRequestIdIsText) {
  RequestTrace trace = Example();
  trace.request_id = "\"}]}\n\xff\xfe" + std::string(1000, 'x');
  const std::string body = EncodeTraces({}, {trace});
  EXPECT_TRUE(std::all_of(body.begin(), body.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
  const json spans = SpansOf({trace});
  ASSERT_EQ(spans.size(), 3u);
  EXPECT_LT(Attribute(spans[0], "omserve.request_id").dump().size(), 600u);
}

}  // namespace
}  // namespace omserve
