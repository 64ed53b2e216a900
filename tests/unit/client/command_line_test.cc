// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace omserve::client {
namespace {

using ::testing::HasSubstr;

ParsedCommandLine<ClientCommand> Client(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "omserve-client");
  return ParseClientCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() { unsetenv("OMSERVE_SERVER"); }
  ~CommandLineTest() override { unsetenv("OMSERVE_SERVER"); }
};

TEST_F(CommandLineTest, AFileOfAccessThatIsNotThereIsAMistake) {
  for (const char* option : {"--tls-ca=/nowhere/ca.crt", "--token-file=/nowhere/token"}) {
    const auto parsed = Client({option, "health"});
    EXPECT_EQ(parsed.exit_status, 2);
    EXPECT_THAT(parsed.text, HasSubstr("/nowhere/"));
  }
  EXPECT_THAT(Client({"--tls-cert=/nowhere/a", "health"}).text, HasSubstr("belong together"));
}

TEST_F(CommandLineTest, ReadsDetect) {
  const auto parsed = Client({"--server=h:1", "detect", "a.jpg", "b.jpg", "--score-threshold=0",
                              "--max-detections=100", "--mask=rle", "--dedup=none", "--json",
                              "--in-flight=9", "--deadline-ms=250", "--model=m"});
  ASSERT_TRUE(parsed.command.has_value()) << parsed.text;
  const ClientCommand& command = *parsed.command;
  EXPECT_EQ(command.kind, ClientCommand::Kind::kDetect);
  EXPECT_EQ(command.server, "h:1");
  EXPECT_EQ(command.files, (std::vector<std::string>{"a.jpg", "b.jpg"}));
  EXPECT_EQ(command.score_threshold, 0.0F);
  EXPECT_EQ(command.max_detections, 100);
  EXPECT_EQ(command.mask, v1::MASK_FORM_RLE);
  EXPECT_EQ(command.dedup, v1::DEDUP_POLICY_NONE);
  EXPECT_TRUE(command.json);
  EXPECT_EQ(command.in_flight, 9);
  EXPECT_EQ(command.deadline, absl::Milliseconds(250));
  EXPECT_EQ(command.model, "m");
}

TEST_F(CommandLineTest, LeavesDefaultsToTheServer) {
  const auto parsed = Client({"detect", "a.jpg"});
  ASSERT_TRUE(parsed.command.has_value()) << parsed.text;
  EXPECT_EQ(parsed.command->server, "127.0.0.1:8500");
  EXPECT_FALSE(parsed.command->score_threshold.has_value());
  EXPECT_FALSE(parsed.command->max_detections.has_value());
  EXPECT_EQ(parsed.command->mask, v1::MASK_FORM_UNSPECIFIED);
  EXPECT_EQ(parsed.command->dedup, v1::DEDUP_POLICY_UNSPECIFIED);
}

TEST_F(CommandLineTest, ReadsWhatStreamsAndTheServerAreTold) {
  const auto parsed =
      Client({"detect", "a.jpg", "--stream", "--fps=25", "--budget-ms=40", "--priority=batch"});
  ASSERT_TRUE(parsed.command.has_value()) << parsed.text;
  EXPECT_TRUE(parsed.command->stream);
  EXPECT_EQ(parsed.command->frame_rate, 25);
  EXPECT_EQ(parsed.command->budget, absl::Milliseconds(40));
  EXPECT_EQ(parsed.command->priority, "batch");
  EXPECT_FALSE(Client({"detect", "a.jpg"}).command->stream);
}

TEST_F(CommandLineTest, AsksForMasksWhenItDraws) {
  EXPECT_EQ(Client({"detect", "a.jpg", "--out", "d"}).command->mask, v1::MASK_FORM_RLE);
  EXPECT_EQ(Client({"detect", "a.jpg", "--out", "d", "--mask=none"}).command->mask,
            v1::MASK_FORM_NONE);
}

TEST_F(CommandLineTest, ReadsEmbedModelsAndHealth) {
  const auto embed = Client({"embed", "a.png", "--feature", "cls_mean", "--top-k", "3"});
  ASSERT_TRUE(embed.command.has_value()) << embed.text;
  EXPECT_EQ(embed.command->kind, ClientCommand::Kind::kEmbed);
  EXPECT_EQ(embed.command->feature, v1::FEATURE_CLS_MEAN);
  EXPECT_EQ(embed.command->top_k, 3);
  EXPECT_EQ(Client({"models", "--server", "h:2"}).command->kind, ClientCommand::Kind::kModels);
  const auto health = Client({"health", "--service", "s"});
  EXPECT_EQ(health.command->kind, ClientCommand::Kind::kHealth);
  EXPECT_EQ(health.command->service, "s");
}

TEST_F(CommandLineTest, ReadsWhatChangesModels) {
  using Kind = ClientCommand::Kind;
  const auto load = Client({"load", "vit", "3", "--control=h:4"});
  ASSERT_TRUE(load.command.has_value()) << load.text;
  EXPECT_EQ(load.command->kind, Kind::kLoad);
  EXPECT_EQ(load.command->model, "vit");
  EXPECT_EQ(load.command->version, "3");
  EXPECT_EQ(load.command->control, "h:4");
  EXPECT_EQ(Client({"reload", "vit"}).command->kind, Kind::kReload);
  EXPECT_EQ(Client({"unload", "vit"}).command->kind, Kind::kUnload);
  EXPECT_EQ(Client({"stats", "--json"}).command->kind, Kind::kStats);
  EXPECT_EQ(Client({"stats"}).command->control, "127.0.0.1:8501");
  EXPECT_EQ(Client({"models", "--all"}).command->kind, Kind::kRepository);
  EXPECT_EQ(Client({"embed", "a.png", "--model-version=2"}).command->version, "2");
}

TEST_F(CommandLineTest, ReadsRead) {
  const auto parsed = Client({"read", "a.png", "--min-score=0.25", "--region", "polygon",
                              "--orientation=false", "--characters", "--words", "--out=d"});
  ASSERT_TRUE(parsed.command.has_value()) << parsed.text;
  const ClientCommand& command = *parsed.command;
  EXPECT_EQ(command.kind, ClientCommand::Kind::kRead);
  EXPECT_EQ(command.min_score, 0.25F);
  EXPECT_EQ(command.region, v1::TEXT_REGION_POLYGON);
  EXPECT_EQ(command.orientation, false);
  EXPECT_TRUE(command.characters);
  EXPECT_TRUE(command.words);
  EXPECT_EQ(command.out, "d");
  EXPECT_EQ(command.task, v1::READ_TASK_UNSPECIFIED);
  const auto plain = Client({"read", "a.png"});
  EXPECT_FALSE(plain.command->min_score.has_value());
  EXPECT_FALSE(plain.command->orientation.has_value());
  EXPECT_EQ(Client({"read", "a.png", "--detect-only"}).command->task, v1::READ_TASK_DETECT);
  EXPECT_TRUE(Client({"read", "a.png", "--lines"}).command->as_lines);
}

TEST_F(CommandLineTest, TakesTheServerFromTheEnvironment) {
  setenv("OMSERVE_SERVER", "e:5", 1);
  EXPECT_EQ(Client({"models"}).command->server, "e:5");
  EXPECT_EQ(Client({"models", "--server=f:6"}).command->server, "f:6");
}

TEST_F(CommandLineTest, RefusesMistakesWithStatusTwo) {
  const std::vector<std::vector<const char*>> mistakes = {
      {},
      {"dance"},
      {"detect"},
      {"detect", "a.jpg", "--mask=blue"},
      {"detect", "a.jpg", "--dedup=top2"},
      {"detect", "a.jpg", "--score-threshold=1.5"},
      {"detect", "a.jpg", "--max-detections=0"},
      {"detect", "a.jpg", "--in-flight=0"},
      {"detect", "a.jpg", "--deadline-ms=0"},
      {"detect", "a.jpg", "--top-k=1"},
      {"detect", "a.jpg", "--fps=5"},
      {"detect", "a.jpg", "--stream", "--fps=-1"},
      {"detect", "a.jpg", "--priority=high"},
      {"detect", "a.jpg", "--budget-ms=0"},
      {"embed", "a.jpg", "--feature=best"},
      {"embed", "a.jpg", "--top-k=-1"},
      {"read"},
      {"read", "a.jpg", "--min-score=2"},
      {"read", "a.jpg", "--region=circle"},
      {"read", "a.jpg", "--orientation=sideways"},
      {"read", "a.jpg", "--lines", "--detect-only"},
      {"read", "a.jpg", "--lines", "--out=d"},
      {"models", "extra"},
      {"load"},
      {"reload", "vit", "1", "2"},
      {"stats", "vit"},
  };
  for (const auto& mistake : mistakes) {
    const auto parsed = Client(mistake);
    EXPECT_FALSE(parsed.command.has_value()) << ::testing::PrintToString(mistake);
    EXPECT_EQ(parsed.exit_status, 2);
    EXPECT_FALSE(parsed.text.empty());
  }
  EXPECT_THAT(Client({"detect", "a.jpg", "--mask=blue"}).text, HasSubstr("--mask"));
}

TEST_F(CommandLineTest, HelpIsNoMistake) {
  const auto parsed = Client({"detect", "--help"});
  EXPECT_FALSE(parsed.command.has_value());
  EXPECT_EQ(parsed.exit_status, 0);
  EXPECT_THAT(parsed.text, HasSubstr("--score-threshold"));
}

}  // namespace
}  // namespace omserve::client
