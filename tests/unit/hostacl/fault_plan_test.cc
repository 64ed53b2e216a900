// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The plan itself; fault_run_test.cc has what a program sees of it.
#include "fault_plan.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "failure.h"
#include "fault_reach.h"

namespace hostacl {
namespace {

std::unique_ptr<FaultPlan> Plan(const std::string& json, std::string* problem) {
  const std::string path =
      ::testing::TempDir() + "/hostacl_plan_" + std::to_string(getpid()) + ".json";
  std::ofstream(path) << json;
  return FaultPlan::Load(path, problem);
}

std::unique_ptr<FaultPlan> Plan(const std::string& json) {
  std::string problem;
  auto plan = Plan(json, &problem);
  EXPECT_NE(plan, nullptr) << problem;
  return plan;
}

// Which of the first `count` calls of aclrtMalloc on `device` fail.
std::vector<int> Struck(FaultPlan* plan, int device, int count) {
  std::vector<int> struck;
  for (int i = 1; i <= count; ++i) {
    if (plan->AtCall("aclrtMalloc", device) != ACL_SUCCESS) struck.push_back(i);
  }
  return struck;
}

TEST(FaultPlanTest, CountsMatchingCallsPerDevice) {
  const auto plan = Plan(R"({"rules":[{"call":"aclrtMalloc","nth":3,"error":207001}]})");
  EXPECT_EQ(plan->AtCall("aclrtFree", 0), ACL_SUCCESS);  // not watched, not counted
  EXPECT_EQ(Struck(plan.get(), 0, 6), (std::vector<int>{3}));
  EXPECT_EQ(Struck(plan.get(), 1, 6), (std::vector<int>{3}));
}

TEST(FaultPlanTest, EveryTimesAndDevice) {
  const auto plan =
      Plan(R"({"rules":[{"call":"aclrtM*","every":2,"times":2,"device":1,"error":207001}]})");
  EXPECT_EQ(Struck(plan.get(), 0, 6), std::vector<int>());
  EXPECT_EQ(Struck(plan.get(), 1, 9), (std::vector<int>{2, 4}));
}

TEST(FaultPlanTest, NoRulesCountDependsOnAnother) {
  const auto plan = Plan(R"({"rules":[{"call":"aclrtMalloc","nth":1,"error":207001},
                                      {"call":"aclrtMalloc","nth":2,"error":207007}]})");
  EXPECT_EQ(plan->AtCall("aclrtMalloc", 0), 207001);
  EXPECT_EQ(plan->AtCall("aclrtMalloc", 0), 207007);
  EXPECT_EQ(plan->AtCall("aclrtMalloc", 0), ACL_SUCCESS);
}

TEST(FaultPlanTest, ProbabilityIsTheSameEachRun) {
  const std::string json =
      R"({"seed":5,"rules":[{"call":"aclrtMalloc","probability":0.25,"error":207001}]})";
  const auto first = Plan(json);
  const auto second = Plan(json);
  const std::vector<int> struck = Struck(first.get(), 0, 1000);
  EXPECT_GT(struck.size(), 180u);
  EXPECT_LT(struck.size(), 320u);
  // The other device's calls in between change nothing.
  EXPECT_NE(Struck(second.get(), 1, 1000), struck);
  EXPECT_EQ(Struck(second.get(), 0, 1000), struck);
  const auto other =
      Plan(R"({"seed":6,"rules":[{"call":"aclrtMalloc","probability":0.25,"error":207001}]})");
  EXPECT_NE(Struck(other.get(), 0, 1000), struck);
}

TEST(FaultPlanTest, ManyThreadsMeetAsManyFaults) {
  const auto plan = Plan(R"({"rules":[{"call":"aclrtMalloc","every":7,"error":207001}]})");
  std::atomic<int> struck = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 7; ++i) {
    threads.emplace_back([&] { struck += static_cast<int>(Struck(plan.get(), 0, 100).size()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(struck.load(), 100);
}

TEST(FaultPlanTest, TimeSinceInit) {
  nlohmann::json rule = {{"call", "aclrtMalloc"}, {"from_ms", 60000}, {"error", 207001}};
  std::string problem;
  const auto plan_begun = [&](std::chrono::seconds ago) {
    std::vector<FaultRule> rules{FaultRule::Read(rule, 0, 0, &problem)};
    return std::make_unique<FaultPlan>(std::move(rules), Clock::now() - ago);
  };
  EXPECT_EQ(plan_begun(std::chrono::seconds(0))->AtCall("aclrtMalloc", 0), ACL_SUCCESS);
  EXPECT_EQ(plan_begun(std::chrono::seconds(61))->AtCall("aclrtMalloc", 0), 207001);
  rule["until_ms"] = 120000;
  EXPECT_EQ(plan_begun(std::chrono::seconds(61))->AtCall("aclrtMalloc", 0), 207001);
  EXPECT_EQ(plan_begun(std::chrono::seconds(121))->AtCall("aclrtMalloc", 0), ACL_SUCCESS);
  EXPECT_EQ(problem, "");
}

TEST(FaultPlanTest, LostDeviceStaysLost) {
  const auto plan = Plan(R"({"rules":[{"call":"aclrtMalloc","nth":2,"lost":true}]})");
  EXPECT_EQ(plan->AtCall("aclrtMalloc", 0), ACL_SUCCESS);
  EXPECT_EQ(plan->AtCall("aclrtMalloc", 0), 507901);
  EXPECT_EQ(plan->AtCall("aclrtFree", 0), 507901);
  EXPECT_EQ(plan->CheckDevice(0), 507901);
  EXPECT_EQ(plan->AtTask({.inputs = {}}, nullptr).error, 507901);
  EXPECT_EQ(plan->AtCall("aclFinalize", 0), ACL_SUCCESS);
  EXPECT_EQ(plan->AtCall("aclrtSetCurrentContext", 0), ACL_SUCCESS);
  EXPECT_EQ(plan->AtCall("aclrtFree", 1), ACL_SUCCESS);
  EXPECT_EQ(plan->CheckDevice(1), ACL_SUCCESS);
}

TEST(FaultPlanTest, InputsAreKnownByBytesAndByDigest) {
  const std::vector<uint8_t> good = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<uint8_t> bad = {1, 2, 0xDE, 0xAD, 5, 6, 7, 8};
  const auto bytes = Plan(R"({"rules":[{"task":"execute","input_bytes":"dead","error":507015}]})");
  const std::string row = DigestOf(bad.data() + 4, 4).ToHex();
  const auto digest =
      Plan(R"({"rules":[{"task":"execute","input_digest":")" + row + R"(","error":507015}]})");
  const auto code = [](FaultPlan* plan, int device, const std::vector<uint8_t>& input,
                       uint64_t rows) {
    const TaskFacts facts{
        .device = device, .inputs = {{nullptr, 0}, {input.data(), input.size()}}, .rows = rows};
    return plan->AtTask(facts, nullptr).error;
  };
  EXPECT_EQ(code(bytes.get(), 0, good, 1), ACL_SUCCESS);
  EXPECT_EQ(code(bytes.get(), 0, bad, 1), 507015);
  EXPECT_EQ(code(bytes.get(), 3, bad, 1), 507015);
  EXPECT_EQ(code(digest.get(), 0, bad, 1), ACL_SUCCESS);
  EXPECT_EQ(code(digest.get(), 0, bad, 2), 507015);  // its second row
  EXPECT_EQ(code(digest.get(), 0, {5, 6, 7, 8}, 1), 507015);
}

TEST(FaultPlanTest, HangEndsByItsStopSignal) {
  const auto plan = Plan(R"({"rules":[{"task":"copy","hang_ms":"forever"}]})");
  const TaskFacts copy{.kind = TaskKind::kCopy, .inputs = {}};
  std::atomic<bool> stop = false;
  FaultPlan::Blow hung;
  FaultPlan::Blow behind;
  std::thread first([&] { hung = plan->AtTask(copy, &stop); });
  std::thread second([&] { behind = plan->AtTask(copy, &stop); });
  // Another engine goes on meanwhile.
  EXPECT_EQ(plan->AtTask({.inputs = {}}, nullptr).error, ACL_SUCCESS);
  stop.store(true);
  plan->Wake();
  first.join();
  second.join();
  EXPECT_EQ(hung.error, kStreamAborted);
  EXPECT_EQ(behind.error, kStreamAborted);
  std::thread third([&] { hung = plan->AtTask(copy, nullptr); });
  plan->End();
  third.join();
  EXPECT_EQ(hung.error, kStreamAborted);
}

TEST(FaultPlanTest, AbortEndsTheProcess) {
  const auto plan =
      Plan(R"({"rules":[{"name":"doom","call":"aclrtMalloc","nth":2,"abort":true}]})");
  EXPECT_EQ(plan->AtCall("aclrtMalloc", 0), ACL_SUCCESS);
  EXPECT_DEATH(plan->AtCall("aclrtMalloc", 0), "rule doom aborts the process");
}

TEST(FaultPlanTest, FlippedBitsAreTheSameForOneSeed) {
  const std::vector<std::vector<uint8_t>> clean = {std::vector<uint8_t>(100),
                                                   std::vector<uint8_t>(28)};
  auto once = clean;
  auto again = clean;
  auto other = clean;
  FlipBits(5, 1, {once[0], once[1]});
  FlipBits(5, 1, {again[0], again[1]});
  FlipBits(5, 2, {other[0], other[1]});
  EXPECT_EQ(once, again);
  EXPECT_NE(once, other);
  EXPECT_NE(once, clean);
}

TEST(FaultPlanTest, ReachOfCodes) {
  for (const aclError code : {507001, 507010, 507901}) {
    EXPECT_EQ(ReachOf(code), FaultReach::kDevice) << code;
  }
  for (const aclError code :
       {507011, 507014, 507015, 507017, 507018, 507034, 507035, 507053, 507054}) {
    EXPECT_EQ(ReachOf(code), FaultReach::kContext) << code;
  }
  for (const aclError code :
       {100000, 145012, 207001, 207003, 500000, 507002, 507046, 507052, 545601}) {
    EXPECT_EQ(ReachOf(code), FaultReach::kTask) << code;
  }
}

TEST(FaultPlanTest, BadPlansSayRuleAndKey) {
  struct Bad {
    const char* json;
    const char* say;
  };
  for (const Bad& bad : {
           Bad{"{", "line 1"},
           Bad{"[]", "object"},
           Bad{"{}", "\"rules\""},
           Bad{R"({"rules":[],"speed":1})", "\"speed\""},
           Bad{R"({"rules":[7]})", "\"rules[0]\""},
           Bad{R"({"rules":[{"error":507015}]})", "\"rules[0].call\""},
           Bad{R"({"rules":[{"call":"aclrtMalloc","task":"any","error":1}]})", "\"rules[0].task\""},
           Bad{R"({"rules":[{"call":"malloc","error":207001}]})", "\"rules[0].call\""},
           Bad{R"({"rules":[{"task":"sleep","error":507015}]})", "\"rules[0].task\""},
           Bad{R"({"rules":[{"task":"any"}]})", "\"rules[0].error\""},
           Bad{R"({"rules":[{"task":"any","error":"507015"}]})", "\"rules[0].error\""},
           Bad{R"({"rules":[{"task":"any","error":5.5}]})", "\"rules[0].error\""},
           Bad{R"({"rules":[{"task":"any","error":7}]})", "\"rules[0].error\""},
           Bad{R"({"rules":[{"task":"any","error":507015,"nth":0}]})", "\"rules[0].nth\""},
           Bad{R"({"rules":[{"task":"any","error":507015,"nth":1,"every":2}]})",
               "\"rules[0].every\""},
           Bad{R"({"rules":[{"task":"any","slow":2},{"task":"any","error":507015,"devise":1}]})",
               "\"rules[1].devise\""},
           Bad{R"({"rules":[{"task":"any","error":507015,"probability":2}]})",
               "\"rules[0].probability\""},
           Bad{R"({"rules":[{"task":"any","hang_ms":"long"}]})", "\"rules[0].hang_ms\""},
           Bad{R"({"rules":[{"task":"any","slow":0.5}]})", "\"rules[0].slow\""},
           Bad{R"({"rules":[{"call":"aclrtMalloc","slow":2}]})", "\"rules[0].slow\""},
           Bad{R"({"rules":[{"task":"copy","corrupt_bits":2}]})", "\"rules[0].corrupt_bits\""},
           Bad{R"({"rules":[{"task":"execute","slow":2,"input_bytes":"abc"}]})",
               "\"rules[0].input_bytes\""},
           Bad{R"({"rules":[{"task":"execute","slow":2,"input_digest":"ab"}]})",
               "\"rules[0].input_digest\""},
           Bad{R"({"rules":[{"task":"copy","slow":2,"model":"m"}]})", "\"rules[0].model\""},
           Bad{R"({"rules":[{"task":"any","slow":2,"from_ms":5,"until_ms":5}]})",
               "\"rules[0].until_ms\""},
       }) {
    std::string problem;
    EXPECT_EQ(Plan(bad.json, &problem), nullptr) << bad.json;
    EXPECT_NE(problem.find(bad.say), std::string::npos) << bad.json << " -> " << problem;
  }
  std::string problem;
  EXPECT_EQ(FaultPlan::Load("/nonexistent.json", &problem), nullptr);
  EXPECT_NE(problem.find("/nonexistent.json"), std::string::npos);
}

}  // namespace
}  // namespace hostacl
