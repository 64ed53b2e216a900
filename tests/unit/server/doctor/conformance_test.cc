// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/conformance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/doctor/child_process.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kReport[] = R"({"testsuites": [{"testsuite": [
  {"name": "A", "classname": "Traps", "status": "RUN", "result": "COMPLETED"},
  {"name": "B", "classname": "Traps", "status": "RUN", "result": "SKIPPED"},
  {"name": "C", "classname": "Traps", "status": "RUN", "result": "COMPLETED",
   "failures": [{"failure": "wrong code"}]},
  {"name": "D", "classname": "Traps", "status": "NOTRUN", "result": "SUPPRESSED"}]}]})";

class ConformanceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "omserve_suite_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Script(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << "#!/bin/sh\n" << text;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }

  std::string folder_;
};

TEST_F(ConformanceTest, CountsWhatGoogleTestWrote) {
  const auto result = ParseGoogleTest(kReport);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->passed, 1);
  EXPECT_EQ(result->skipped, 1);
  ASSERT_THAT(result->failures, SizeIs(1));
  EXPECT_EQ(result->failures[0].test, "Traps.C");
  EXPECT_EQ(result->failures[0].text, "wrong code");
  EXPECT_FALSE(ParseGoogleTest("").ok());
  EXPECT_FALSE(ParseGoogleTest("[3]").ok());
  EXPECT_TRUE(ParseGoogleTest(R"({"testsuites": [{"testsuite": ["x", 3]}, 4]})").ok());
}

TEST_F(ConformanceTest, SaysThatTheSuiteIsNotInstalled) {
  std::ofstream(folder_ + "/conformance_notes") << "not a program";
  const auto programs = FindConformance(folder_);
  EXPECT_EQ(programs.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(programs.status().message()),
              HasSubstr("the conformance suite is not installed"));
  const std::string one = Script("conformance_one", "");
  EXPECT_THAT(*FindConformance(folder_), ElementsAre(one));
}

TEST_F(ConformanceTest, RunsAProgramWithTheLibraryOfTheDoctor) {
  const std::string program = Script(
      "conformance_one",
      std::string("echo library $LD_LIBRARY_PATH\ncat > \"${1#--gtest_output=json:}\" <<'END'\n") +
          kReport + "\nEND\nexit 1\n");
  const ConformanceResult result = RunConformance(program, "/the/library", folder_ + "/logs");
  EXPECT_EQ(result.problem, "");
  EXPECT_EQ(result.program, "conformance_one");
  EXPECT_EQ(result.passed, 1);
  EXPECT_THAT(result.failures, SizeIs(1));
  std::ifstream log(folder_ + "/logs/conformance_one.log");
  std::string line;
  std::getline(log, line);
  EXPECT_THAT(line, HasSubstr("library /the/library"));
}

TEST_F(ConformanceTest, AProgramThatDiesIsAProblem) {
  const std::string program = Script("conformance_one", "kill -SEGV $$\n");
  const ConformanceResult result = RunConformance(program, "", folder_);
  EXPECT_THAT(result.problem, HasSubstr("ended with status 139"));
}

TEST_F(ConformanceTest, AChildIsKilledWhenItsTimeIsUp) {
  ChildCommand command;
  command.arguments = {Script("endless", "while :; do sleep 1; done\n")};
  command.output = folder_ + "/log";
  command.limit = absl::Seconds(1);
  EXPECT_EQ(RunChild(command).status().code(), absl::StatusCode::kDeadlineExceeded);
  command.arguments = {folder_ + "/nowhere"};
  EXPECT_EQ(RunChild(command).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConformanceTest, VariablesAreSetAndTakenOut) {
  setenv("OMSERVE_TEST_GONE", "here", 1);
  ChildCommand command;
  command.arguments = {Script("show", "exit ${OMSERVE_TEST_GONE:-4}$OMSERVE_TEST_ZERO\n")};
  command.variables = {{"OMSERVE_TEST_GONE", ""}, {"OMSERVE_TEST_ZERO", "2"}};
  command.output = folder_ + "/log";
  EXPECT_EQ(*RunChild(command), 42);
}

}  // namespace
}  // namespace omserve
