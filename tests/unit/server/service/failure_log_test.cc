// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/failure_log.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Severity = FailureLog::Severity;

class ManualClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = absl::FromUnixSeconds(1000);
};

class FailureLogTest : public ::testing::Test {
 protected:
  FailureLog Make(bool json, double per_second = 10) {
    return {clock_, {json, per_second}, [this](Severity severity, const std::string& line) {
              lines_.emplace_back(severity, line);
            }};
  }
  void Add(FailureLog& log, const absl::Status& status, std::string_view id = "r1",
           const std::vector<StageTiming>& timings = {}) {
    log.Add({"Detect", "vitdet", "3", id, "4bf92f3577b34da6a3ce929d0e0e4736", status,
             absl::Microseconds(12345), timings});
  }
  // As the formatter of the log writes it.
  nlohmann::json Parsed(size_t i) const {
    return nlohmann::json::parse("{" + lines_.at(i).second + "}", nullptr, false);
  }

  ManualClock clock_;
  std::vector<std::pair<Severity, std::string>> lines_;
};

std::vector<StageTiming> Timings() {
  StageTiming decode;
  decode.stage = "decode";
  decode.host = absl::Milliseconds(2);
  StageTiming backbone;
  backbone.stage = "backbone";
  backbone.device = 1;
  backbone.batch_size = 4;
  backbone.queue = absl::Milliseconds(3);
  backbone.execute = absl::Microseconds(5500);
  return {decode, backbone};
}

TEST_F(FailureLogTest, WritesIdsCodeAndStageTimesAsJson) {
  FailureLog log = Make(true);
  Add(log, absl::InternalError("aclmdlExecuteAsync: 507011"), "r1", Timings());
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].first, Severity::kOurs);
  const nlohmann::json line = Parsed(0);
  ASSERT_FALSE(line.is_discarded()) << lines_[0].second;
  EXPECT_EQ(line["event"], "request_failed");
  EXPECT_EQ(line["code"], "INTERNAL");
  EXPECT_EQ(line["reason"], "internal");
  EXPECT_EQ(line["method"], "Detect");
  EXPECT_EQ(line["model"], "vitdet");
  EXPECT_EQ(line["version"], "3");
  EXPECT_EQ(line["request_id"], "r1");
  EXPECT_EQ(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(line["duration_ms"], 12.345);
  EXPECT_EQ(line["message"], "aclmdlExecuteAsync: 507011");
  ASSERT_EQ(line["stages"].size(), 2u);
  EXPECT_EQ(line["stages"][0]["host_ms"], 2.0);
  EXPECT_EQ(line["stages"][1]["device"], 1);
  EXPECT_EQ(line["stages"][1]["batch"], 4);
  EXPECT_EQ(line["stages"][1]["execute_ms"], 5.5);
}

TEST_F(FailureLogTest, WritesTheSameAsText) {
  FailureLog log = Make(false);
  Add(log, absl::DeadlineExceededError("the deadline has passed"), "r1", Timings());
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].second,
            "request failed code=DEADLINE_EXCEEDED reason=deadline_exec method=Detect model=vitdet "
            "version=3 request_id=r1 trace_id=4bf92f3577b34da6a3ce929d0e0e4736 duration_ms=12.345 "
            "message=\"the deadline has passed\" decode=(host_ms=2.0) backbone=(device=1 batch=4 "
            "queue_ms=3.0 h2d_ms=0.0 execute_ms=5.5 d2h_ms=0.0)");
}

TEST_F(FailureLogTest, AHostileRequestIdCannotBreakTheLine) {
  const std::string hostile =
      "a\nERROR forged line\r\n\",\"code\":\"OK\",\"x\":\"\x1b[2J\xff\xfe\xe2\x80\xa8" +
      std::string(1, '\0') + " model=other\x7f" + std::string(5000, 'A');
  for (const bool json : {true, false}) {
    lines_.clear();
    FailureLog log = Make(json);
    Add(log, absl::InvalidArgumentError("request_id: 5060 bytes"), hostile);
    ASSERT_EQ(lines_.size(), 1u);
    const std::string& line = lines_[0].second;
    EXPECT_LT(line.size(), 2000u);
    EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c < 0x7f; }))
        << line;
    if (json) {
      const nlohmann::json parsed = Parsed(0);
      ASSERT_FALSE(parsed.is_discarded()) << line;
      EXPECT_EQ(parsed["code"], "INVALID_ARGUMENT");
      EXPECT_FALSE(parsed.contains("x"));
    } else {
      EXPECT_THAT(line, StartsWith("request failed code=INVALID_ARGUMENT "));
      EXPECT_THAT(line, HasSubstr(" request_id=\"a\\nERROR forged line\\r\\n\\\",")) << "in quotes";
    }
    for (const std::string& kept : log.recent()) {
      EXPECT_TRUE(nlohmann::json::accept(kept)) << kept;
    }
  }
}

TEST_F(FailureLogTest, OfTheCallersMistakesOnlyTheFieldIsTold) {
  FailureLog log = Make(true);
  Add(log, absl::InvalidArgumentError("text_prompt: 'my secret' is too long"));
  Add(log, absl::NotFoundError("there is no model 'my secret': there is vitdet"));
  ASSERT_EQ(lines_.size(), 2u);
  EXPECT_EQ(lines_[0].first, Severity::kCaller);
  EXPECT_EQ(Parsed(0)["field"], "text_prompt");
  for (const auto& [severity, line] : lines_) {
    EXPECT_THAT(line, Not(HasSubstr("secret")));
    EXPECT_THAT(line, Not(HasSubstr("message")));
  }
}

TEST_F(FailureLogTest, LeavesLinesOutAboveTheRateAndSaysHowMany) {
  FailureLog log = Make(true, 1);  // 10 at once
  for (int i = 0; i < 15; ++i) Add(log, absl::InvalidArgumentError("image: none"));
  EXPECT_EQ(lines_.size(), 10u);
  log.Tick();
  EXPECT_EQ(lines_.size(), 10u) << "no room to say it yet";
  clock_.now += absl::Seconds(1);
  Add(log, absl::InvalidArgumentError("image: none"));
  ASSERT_EQ(lines_.size(), 11u);
  EXPECT_EQ(Parsed(10)["left_out_before"], 5);
  for (int i = 0; i < 7; ++i) Add(log, absl::InvalidArgumentError("image: none"));
  clock_.now += absl::Seconds(1);
  log.Tick();
  ASSERT_EQ(lines_.size(), 12u);
  EXPECT_EQ(Parsed(11)["event"], "failures_left_out");
  EXPECT_EQ(Parsed(11)["left_out"], 7);
  clock_.now += absl::Seconds(100);
  log.Tick();
  EXPECT_EQ(lines_.size(), 12u) << "said once";
}

TEST_F(FailureLogTest, MistakesOfCallersDoNotHideFailuresOfOurs) {
  FailureLog log = Make(false, 1);
  for (int i = 0; i < 100; ++i) Add(log, absl::InvalidArgumentError("image: none"));
  Add(log, absl::UnavailableError("device 0 is lost"));
  EXPECT_EQ(lines_.size(), 11u);
  EXPECT_EQ(lines_.back().first, Severity::kOurs);
}

TEST_F(FailureLogTest, FramesThatANewerOneReplacedAreNoFailures) {
  FailureLog log = Make(false);
  Add(log, absl::AbortedError("a newer frame came"));
  EXPECT_TRUE(lines_.empty());
  EXPECT_TRUE(log.recent().empty());
}

TEST_F(FailureLogTest, KeepsTheLastOnesWithoutFileNames) {
  FailureLog log = Make(false);
  for (int i = 0; i < 30; ++i) {
    clock_.now += absl::Seconds(1);
    Add(log, absl::InternalError("/opt/models/x.om: broken"), std::to_string(i));
  }
  const std::vector<std::string> recent = log.recent();
  ASSERT_EQ(recent.size(), 20u);
  const nlohmann::json newest = nlohmann::json::parse(recent[0]);
  EXPECT_EQ(newest["request_id"], "29");
  EXPECT_EQ(newest["time"], 1030'000);
  EXPECT_EQ(newest["message"], "(path): broken");
  EXPECT_THAT(lines_.back().second, HasSubstr("/opt/models/x.om")) << "the log is the operator's";
}

}  // namespace
}  // namespace omserve
