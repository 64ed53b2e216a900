// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace omserve::client {
namespace {

using ::testing::HasSubstr;

ParsedCommandLine<LoadCommand> Load(std::vector<const char*> arguments) {
  unsetenv("OMSERVE_SERVER");
  arguments.insert(arguments.begin(), "omserve-loadtest");
  return ParseLoadCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(LoadCommandLineTest, ReadsAClosedLoop) {
  const auto parsed = Load({"--server=h:1", "--method=embed", "--in-flight=3", "--requests=7",
                            "--warmup=2", "--images=d", "--json", "--seconds=1.5", "--mask=png"});
  ASSERT_TRUE(parsed.command.has_value()) << parsed.text;
  const LoadCommand& command = *parsed.command;
  EXPECT_EQ(command.options.server, "h:1");
  EXPECT_FALSE(command.options.arrivals.has_value());
  EXPECT_EQ(command.options.in_flight, 3);
  EXPECT_EQ(command.options.requests, 7);
  EXPECT_EQ(command.options.warmup, 2);
  EXPECT_EQ(command.options.duration, absl::Milliseconds(1500));
  EXPECT_EQ(command.base.method, ClassSpec::Method::kEmbed);
  EXPECT_EQ(command.base.images, std::vector<std::string>{"d"});
  EXPECT_EQ(command.base.mask, v1::MASK_FORM_PNG);
  EXPECT_TRUE(command.json);
  EXPECT_TRUE(command.fail_on.any);
}

TEST(LoadCommandLineTest, ReadsAnOpenLoop) {
  const auto parsed =
      Load({"--rate=500", "--arrivals=poisson", "--duration=10", "--seed=3", "--raw=16x16",
            "--deadline-ms=100", "--budget-ms=50.5", "--limit-ms=80", "--priority=batch",
            "--cancel=0.1", "--cancel-within-ms=7", "--channels=4", "--senders=2",
            "--max-in-flight=100", "--fail-on=INTERNAL,NOT_SENT", "--no-progress"});
  ASSERT_TRUE(parsed.command.has_value()) << parsed.text;
  const LoadCommand& command = *parsed.command;
  ASSERT_TRUE(command.options.arrivals.has_value());
  EXPECT_EQ(command.options.arrivals->kind, Arrivals::Kind::kPoisson);
  EXPECT_EQ(command.options.arrivals->rate, 500);
  EXPECT_EQ(command.options.duration, absl::Seconds(10));
  EXPECT_EQ(command.options.requests, 0);
  EXPECT_EQ(command.options.seed, 3U);
  EXPECT_EQ(command.options.channels, 4);
  EXPECT_EQ(command.options.senders, 2);
  EXPECT_EQ(command.options.max_in_flight, 100);
  EXPECT_EQ(command.base.raw.width, 16);
  EXPECT_EQ(command.base.deadline, absl::Milliseconds(100));
  EXPECT_EQ(command.base.budget, absl::Milliseconds(50.5));
  EXPECT_EQ(command.base.limit, absl::Milliseconds(80));
  EXPECT_EQ(command.base.priority, "batch");
  EXPECT_EQ(command.base.cancel, 0.1);
  EXPECT_EQ(command.base.cancel_within, absl::Milliseconds(7));
  EXPECT_FALSE(command.fail_on.any);
  EXPECT_EQ(command.fail_on.codes, (std::set<std::string>{"INTERNAL", "NOT_SENT"}));
  EXPECT_FALSE(command.progress);
  EXPECT_EQ(Load({"--rate=5", "--raw=1x1"}).command->options.arrivals->kind,
            Arrivals::Kind::kConstant);
  EXPECT_EQ(Load({"--arrivals=replay:f", "--raw=1x1"}).command->options.requests, 0);
}

TEST(LoadCommandLineTest, BoundsLoadByDefault) {
  EXPECT_EQ(Load({"--images=d"}).command->options.requests, 1000);
  EXPECT_EQ(Load({"--images=d", "--seconds=2"}).command->options.requests, 0);
  EXPECT_EQ(Load({"--images=d", "--rate=2"}).command->options.requests, 1000);
}

TEST(LoadCommandLineTest, TakesTheServerFromTheEnvironment) {
  setenv("OMSERVE_SERVER", "e:5", 1);
  const std::vector<const char*> arguments = {"omserve-loadtest", "--images=d"};
  const auto parsed = ParseLoadCommandLine(2, arguments.data());
  unsetenv("OMSERVE_SERVER");
  EXPECT_EQ(parsed.command->options.server, "e:5");
}

TEST(LoadCommandLineTest, RefusesMistakesWithStatusTwo) {
  const std::vector<std::vector<const char*>> mistakes = {
      {},
      {"--images=d", "--method=dance"},
      {"--images=d", "--raw=1x1"},
      {"--images=d", "--mix=a:1"},
      {"--raw=1x1", "--scenario=s"},
      {"--raw=big"},
      {"--raw=1x1", "--rate=0"},
      {"--raw=1x1", "--rate=-3"},
      {"--raw=1x1", "--arrivals=poisson"},
      {"--raw=1x1", "--arrivals=sometimes", "--rate=1"},
      {"--raw=1x1", "--arrivals=replay:f", "--rate=1"},
      {"--raw=1x1", "--rate=1", "--in-flight=4"},
      {"--raw=1x1", "--in-flight=0"},
      {"--raw=1x1", "--priority=urgent"},
      {"--raw=1x1", "--cancel=1.1"},
      {"--raw=1x1", "--fail-on=some"},
      {"--raw=1x1", "--channels=0"},
      {"--raw=1x1", "--senders=0"},
      {"--raw=1x1", "--budget-ms=0"},
      {"--raw=1x1", "--seed=-1"},
      {"--method=infer"},
      {"--method=infer", "--model=m", "--input=A:FP32"},
      {"--raw=1x1", "--check=2"},
      {"--raw=1x1", "--cameras=0"},
      {"--raw=1x1", "--method=embed", "--cameras=2"},
      {"--raw=1x1", "--stable-within=0"},
  };
  for (const auto& mistake : mistakes) {
    const auto parsed = Load(mistake);
    EXPECT_FALSE(parsed.command.has_value()) << ::testing::PrintToString(mistake);
    EXPECT_EQ(parsed.exit_status, 2) << ::testing::PrintToString(mistake);
    EXPECT_FALSE(parsed.text.empty());
  }
  EXPECT_THAT(Load({"--raw=1x1", "--fail-on=some"}).text, HasSubstr("'some'"));
  EXPECT_THAT(Load({"--raw=1x1", "--arrivals=poisson"}).text, HasSubstr("--rate"));
  EXPECT_THAT(Load({}).text, HasSubstr("--raw"));
}

TEST(LoadCommandLineTest, HelpIsNoMistake) {
  const auto parsed = Load({"--help"});
  EXPECT_FALSE(parsed.command.has_value());
  EXPECT_EQ(parsed.exit_status, 0);
  EXPECT_THAT(parsed.text, HasSubstr("--fail-on"));
}

TEST(LoadCommandLineTest, FindsTheClasses) {
  const auto one = ScenarioOf(*Load({"--raw=1x1"}).command);
  ASSERT_TRUE(one.ok());
  ASSERT_EQ(one->classes.size(), 1U);
  EXPECT_EQ(one->classes.front().name, "all");
  EXPECT_EQ(ScenarioOf(*Load({"--mix=a:1,b:2"}).command)->classes.size(), 2U);
  EXPECT_THAT(std::string(ScenarioOf(*Load({"--mix=a:0"}).command).status().message()),
              HasSubstr("--mix"));
  EXPECT_EQ(ScenarioOf(*Load({"--scenario=/nowhere.json"}).command).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(LoadCommandLineTest, ScenarioTakesTheRestFromTheCommandLine) {
  const auto path = std::filesystem::temp_directory_path() / "omserve_load_scenario_test.json";
  std::ofstream(path) << R"({"classes": [{"images": "a.jpg", "deadline_ms": 7}, {"raw": "1x1"}]})";
  const std::string option = "--scenario=" + path.string();
  const auto scenario = ScenarioOf(*Load({option.c_str(), "--deadline-ms=9", "--model=m"}).command);
  std::filesystem::remove(path);
  ASSERT_TRUE(scenario.ok()) << scenario.status();
  EXPECT_EQ(scenario->classes[0].images.front(), (path.parent_path() / "a.jpg").string());
  EXPECT_EQ(scenario->classes[0].deadline, absl::Milliseconds(7));
  EXPECT_EQ(scenario->classes[1].deadline, absl::Milliseconds(9));
  EXPECT_EQ(scenario->classes[1].model, "m");
}

TEST(LoadCommandLineTest, ReadsWhatServersOfTensorsNeed) {
  const auto parsed =
      Load({"--method=infer", "--model=m", "--input=A:FP32:1x256", "--input=B:INT64:4",
            "--server-times", "--check=0.25", "--golden=g", "--control=c:2", "--html=h.html",
            "--json-file=j.json", "--stable-within=5", "--read-after-ms=3"});
  ASSERT_TRUE(parsed.command.has_value()) << parsed.text;
  const LoadCommand& command = *parsed.command;
  ASSERT_EQ(command.base.inputs.size(), 2U);
  EXPECT_EQ(command.base.inputs[0].shape, (std::vector<int64_t>{1, 256}));
  EXPECT_TRUE(command.base.server_times);
  EXPECT_EQ(command.options.check, 0.25);
  EXPECT_EQ(command.options.golden, "g");
  EXPECT_EQ(command.options.control, "c:2");
  EXPECT_EQ(command.html, "h.html");
  EXPECT_EQ(command.json_file, "j.json");
  EXPECT_EQ(command.stable_within, 0.05);
  EXPECT_EQ(command.base.read_after, absl::Milliseconds(3));
  EXPECT_EQ(Load({"--raw=1x1", "--golden=g"}).command->options.check, 1) << "all of them";
  EXPECT_EQ(Load({"--raw=1x1", "--cameras=3", "--fps=5"}).command->base.cameras, 3);
}

}  // namespace
}  // namespace omserve::client
