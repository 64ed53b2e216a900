// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omserve::client {
namespace {

using ::testing::HasSubstr;

TEST(ScenarioTest, ReadsScenarios) {
  ClassSpec base;
  base.method = ClassSpec::Method::kEmbed;
  base.deadline = absl::Seconds(9);
  const auto scenario = ParseScenario(R"({"classes": [
      {"name": "people", "share": 3, "method": "detect", "images": ["a.jpg", "/b/c.jpg"],
       "model": "vitdet", "priority": "interactive", "deadline_ms": 250, "budget_ms": 100.5,
       "limit_ms": 80, "mask": "none", "cancel": 0.25, "cancel_within_ms": 5},
      {"raw": "16x16"}]})",
                                      base, "dir");
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  ASSERT_EQ(scenario->classes.size(), 2U);
  const ClassSpec& people = scenario->classes[0];
  EXPECT_EQ(people.name, "people");
  EXPECT_EQ(people.share, 3);
  EXPECT_EQ(people.method, ClassSpec::Method::kDetect);
  EXPECT_EQ(people.images, (std::vector<std::string>{"dir/a.jpg", "/b/c.jpg"}));
  EXPECT_EQ(people.model, "vitdet");
  EXPECT_EQ(people.priority, "interactive");
  EXPECT_EQ(people.deadline, absl::Milliseconds(250));
  EXPECT_EQ(people.budget, absl::Milliseconds(100.5));
  EXPECT_EQ(people.limit, absl::Milliseconds(80));
  EXPECT_EQ(people.mask, v1::MASK_FORM_NONE);
  EXPECT_EQ(people.cancel, 0.25);
  EXPECT_EQ(people.cancel_within, absl::Milliseconds(5));
  const ClassSpec& other = scenario->classes[1];
  EXPECT_EQ(other.name, "class1");
  EXPECT_EQ(other.raw.width, 16);
  EXPECT_EQ(other.method, ClassSpec::Method::kEmbed) << "as in the base";
  EXPECT_EQ(other.deadline, absl::Seconds(9));
}

TEST(ScenarioTest, RefusesBadScenariosByName) {
  const auto message = [](const std::string& text) {
    const auto scenario = ParseScenario(text, ClassSpec(), "");
    EXPECT_EQ(scenario.status().code(), absl::StatusCode::kInvalidArgument) << text;
    return std::string(scenario.status().message());
  };
  EXPECT_THAT(message("{"), HasSubstr("not JSON"));
  EXPECT_THAT(message("[]"), HasSubstr("classes"));
  EXPECT_THAT(message(R"({"classes": []})"), HasSubstr("classes"));
  EXPECT_THAT(message(R"({"classes": [{"raw": "1x1"}], "x": 1})"), HasSubstr("classes"));
  EXPECT_THAT(message(R"({"classes": [7]})"), HasSubstr("classes[0]"));
  EXPECT_THAT(message(R"({"classes": [{}]})"), HasSubstr("neither images nor raw"));
  EXPECT_THAT(message(R"({"classes": [{"raw": "1x1", "images": "a"}]})"), HasSubstr("both"));
  EXPECT_THAT(message(R"({"classes": [{"raw": "1x1", "name": "a"}, {"raw": "1x1", "name": "a"}]})"),
              HasSubstr("two classes"));
  for (const char* member : {R"("colour": 1)",
                             R"("share": 0)",
                             R"("share": "3")",
                             R"("method": "dance")",
                             R"("method": 1)",
                             R"("priority": "urgent")",
                             R"("deadline_ms": 0)",
                             R"("budget_ms": -1)",
                             R"("cancel": 2)",
                             R"("mask": "blue")",
                             R"("model": 3)",
                             R"("name": "")",
                             R"("cancel_within_ms": null)",
                             R"("limit_ms": 1e99)",
                             R"("cameras": 0)",
                             R"("cameras": 1.5)",
                             R"("fps": 0)",
                             R"("read_after_ms": -1)",
                             R"("inputs": [])",
                             R"("server_times": 1)"}) {
    const std::string text = std::string(R"({"classes": [{"raw": "1x1", )") + member + "}]}";
    const std::string name = std::string(member).substr(1, std::string(member).find('"', 1) - 1);
    EXPECT_THAT(message(text), HasSubstr("classes[0]." + name));
  }
  EXPECT_THAT(message(R"({"classes": [{"raw": "axb"}]})"), HasSubstr("classes[0].raw"));
  EXPECT_THAT(message(R"({"classes": [{"images": []}]})"), HasSubstr("classes[0].images"));
  EXPECT_THAT(message(R"({"classes": [{"images": [1]}]})"), HasSubstr("classes[0].images"));
}

TEST(ScenarioTest, ReadsCamerasSlowReadersAndTensors) {
  const auto scenario = ParseScenario(R"({"classes": [
      {"name": "street", "raw": "8x8", "cameras": 12, "fps": 12.5, "read_after_ms": 30},
      {"name": "prompts", "method": "infer", "model": "m", "server_times": true, "inputs": [
        {"name": "text", "datatype": "BYTES", "shape": [1], "texts": ["a", "bb"]}]},
      {"name": "page", "method": "read", "images": "p.png"}]})",
                                      ClassSpec(), "dir");
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  const ClassSpec& street = scenario->classes[0];
  EXPECT_EQ(street.cameras, 12);
  EXPECT_EQ(street.fps, 12.5);
  EXPECT_EQ(street.read_after, absl::Milliseconds(30));
  const ClassSpec& prompts = scenario->classes[1];
  EXPECT_EQ(prompts.method, ClassSpec::Method::kInfer);
  EXPECT_TRUE(prompts.server_times);
  ASSERT_EQ(prompts.inputs.size(), 1U);
  EXPECT_EQ(prompts.inputs[0].texts, (std::vector<std::string>{"a", "bb"}));
  EXPECT_EQ(scenario->classes[2].method, ClassSpec::Method::kRead);
}

TEST(ScenarioTest, RefusesClassesThatMakeNoSense) {
  const auto message = [](const std::string& entry) {
    const auto scenario = ParseScenario("{\"classes\": [" + entry + "]}", ClassSpec(), "");
    EXPECT_EQ(scenario.status().code(), absl::StatusCode::kInvalidArgument) << entry;
    return std::string(scenario.status().message());
  };
  EXPECT_THAT(message(R"({"method": "infer"})"), HasSubstr("no model"));
  EXPECT_THAT(message(R"({"method": "embed", "raw": "1x1", "cameras": 1})"), HasSubstr("cameras"));
  EXPECT_THAT(message(R"({"raw": "1x1", "inputs": [{"name": "a", "datatype": "FP32"}]})"),
              HasSubstr("inputs"));
}

TEST(ScenarioTest, ReadsEvents) {
  const auto scenario = ParseScenario(
      R"({"classes": [{"raw": "1x1"}], "events": [{"at_s": 2, "do": "reload", "model": "m"},
          {"at_s": 1, "do": "reconnect", "every_s": 2, "times": 2}]})",
      ClassSpec(), "");
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  ASSERT_EQ(scenario->events.size(), 3U);
  EXPECT_EQ(scenario->events[0].kind, RunEvent::Kind::kReconnect);
  EXPECT_EQ(scenario->events[1].name, "reload m");
  EXPECT_EQ(scenario->events[2].at, absl::Seconds(3));
  const auto bad = ParseScenario(R"({"classes": [{"raw": "1x1"}], "events": [{"do": "dance"}]})",
                                 ClassSpec(), "");
  EXPECT_THAT(std::string(bad.status().message()), HasSubstr("events[0].do: 'dance'"));
}

}  // namespace
}  // namespace omserve::client
