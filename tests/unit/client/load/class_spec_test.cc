// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/class_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omserve::client {
namespace {

using ::testing::HasSubstr;

TEST(ClassSpecTest, ReadsRawSizes) {
  const auto size = ParseRawSize("16x9");
  ASSERT_TRUE(size.ok());
  EXPECT_EQ(size->width, 16);
  EXPECT_EQ(size->height, 9);
  for (const char* text : {"", "16", "16x", "x16", "16x16x3", "0x1", "-1x1", "16385x1", "axb"}) {
    EXPECT_FALSE(ParseRawSize(text).ok()) << text;
  }
}

TEST(ClassSpecTest, ReadsMixes) {
  ClassSpec base;
  base.model = "m";
  const auto classes = ParseMix("a.jpg:3,b.jpg,d:0.5", base);
  ASSERT_TRUE(classes.ok()) << classes.status();
  ASSERT_EQ(classes->size(), 3U);
  EXPECT_EQ((*classes)[0].name, "a.jpg");
  EXPECT_EQ((*classes)[0].images, std::vector<std::string>{"a.jpg"});
  EXPECT_EQ((*classes)[0].share, 3);
  EXPECT_EQ((*classes)[0].model, "m");
  EXPECT_EQ((*classes)[1].share, 1);
  EXPECT_EQ((*classes)[2].share, 0.5);
  for (const char* text : {"", ",", ":1", "a:0", "a:-1", "a:x", "a:nan", "a:1,,b"}) {
    EXPECT_FALSE(ParseMix(text, base).ok()) << text;
  }
}

TEST(ClassSpecTest, ReadsScenarios) {
  ClassSpec base;
  base.method = ClassSpec::Method::kEmbed;
  base.deadline = absl::Seconds(9);
  const auto classes = ParseScenario(R"({"classes": [
      {"name": "people", "share": 3, "method": "detect", "images": ["a.jpg", "/b/c.jpg"],
       "model": "vitdet", "priority": "interactive", "deadline_ms": 250, "budget_ms": 100.5,
       "limit_ms": 80, "mask": "none", "cancel": 0.25, "cancel_within_ms": 5},
      {"raw": "16x16"}]})",
                                     base, "dir");
  ASSERT_TRUE(classes.ok()) << classes.status();
  ASSERT_EQ(classes->size(), 2U);
  const ClassSpec& people = (*classes)[0];
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
  const ClassSpec& other = (*classes)[1];
  EXPECT_EQ(other.name, "class1");
  EXPECT_EQ(other.raw.width, 16);
  EXPECT_EQ(other.method, ClassSpec::Method::kEmbed) << "as in the base";
  EXPECT_EQ(other.deadline, absl::Seconds(9));
}

TEST(ClassSpecTest, RefusesBadScenariosByName) {
  const auto message = [](const std::string& text) {
    const auto classes = ParseScenario(text, ClassSpec(), "");
    EXPECT_EQ(classes.status().code(), absl::StatusCode::kInvalidArgument) << text;
    return std::string(classes.status().message());
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
  for (const char* member :
       {R"("colour": 1)", R"("share": 0)", R"("share": "3")", R"("method": "dance")",
        R"("method": 1)", R"("priority": "urgent")", R"("deadline_ms": 0)", R"("budget_ms": -1)",
        R"("cancel": 2)", R"("mask": "blue")", R"("model": 3)", R"("name": "")",
        R"("cancel_within_ms": null)", R"("limit_ms": 1e99)"}) {
    const std::string text = std::string(R"({"classes": [{"raw": "1x1", )") + member + "}]}";
    const std::string name = std::string(member).substr(1, std::string(member).find('"', 1) - 1);
    EXPECT_THAT(message(text), HasSubstr("classes[0]." + name));
  }
  EXPECT_THAT(message(R"({"classes": [{"raw": "axb"}]})"), HasSubstr("classes[0].raw"));
  EXPECT_THAT(message(R"({"classes": [{"images": []}]})"), HasSubstr("classes[0].images"));
  EXPECT_THAT(message(R"({"classes": [{"images": [1]}]})"), HasSubstr("classes[0].images"));
}

}  // namespace
}  // namespace omserve::client
