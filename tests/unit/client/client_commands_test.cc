// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/client_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "client/drawing/picture.h"
#include "tests/unit/client/fake_vision.h"

namespace omserve::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ClientCommandsTest : public ::testing::Test {
 protected:
  ClientCommandsTest() : folder_(::testing::TempDir() + "client_commands") {
    std::filesystem::create_directories(folder_);
    command_.server = fake_.address();
    command_.kind = ClientCommand::Kind::kDetect;
  }
  ~ClientCommandsTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  int Run() { return RunClientCommand(command_, out_, err_); }
  nlohmann::json Json() { return nlohmann::json::parse(out_.str()); }

  const std::string folder_;
  FakeVision fake_;
  ClientCommand command_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ClientCommandsTest, DetectPrintsTables) {
  command_.files = {Write("a", "cat"), Write("b", "dog")};
  EXPECT_EQ(Run(), 0);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("of cat"), HasSubstr("of dog"), HasSubstr("0.500"),
                                HasSubstr("mean over 2 files"), HasSubstr("backbone")));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ClientCommandsTest, ReadPrintsText) {
  command_.kind = ClientCommand::Kind::kRead;
  command_.files = {Write("a", "page")};
  command_.words = true;
  command_.orientation = false;
  EXPECT_EQ(Run(), 0);
  EXPECT_THAT(out_.str(), HasSubstr("0.500  text of a picture"));
  EXPECT_EQ(fake_.last_read().image().encoded(), "page");
  EXPECT_TRUE(fake_.last_read().words());
  EXPECT_TRUE(fake_.last_read().has_orientation());
  EXPECT_FALSE(fake_.last_read().orientation());
  EXPECT_FALSE(fake_.last_read().has_min_score());
}

TEST_F(ClientCommandsTest, ReadSendsLinesAsLines) {
  command_.kind = ClientCommand::Kind::kRead;
  command_.files = {Write("a", "line")};
  command_.as_lines = true;
  command_.json = true;
  EXPECT_EQ(Run(), 0);
  EXPECT_FALSE(fake_.last_read().has_image());
  ASSERT_EQ(fake_.last_read().lines_size(), 1);
  EXPECT_EQ(fake_.last_read().lines(0).encoded(), "line");
  EXPECT_EQ(Json()["results"][0]["lines"][0]["text"], "text of a picture");
}

TEST_F(ClientCommandsTest, DetectSendsWhatWasAskedFor) {
  command_.files = {Write("a", "cat")};
  command_.model = "m";
  command_.score_threshold = 0;
  command_.max_detections = 7;
  command_.dedup = v1::DEDUP_POLICY_NONE;
  command_.mask = v1::MASK_FORM_PNG;
  EXPECT_EQ(Run(), 0);
  const v1::DetectRequest request = fake_.last_detect();
  EXPECT_EQ(request.image().encoded(), "cat");
  EXPECT_EQ(request.model(), "m");
  EXPECT_TRUE(request.has_score_threshold());
  EXPECT_EQ(request.score_threshold(), 0);
  EXPECT_EQ(request.max_detections(), 7);
  EXPECT_EQ(request.dedup(), v1::DEDUP_POLICY_NONE);
  EXPECT_EQ(request.mask_form(), v1::MASK_FORM_PNG);
}

TEST_F(ClientCommandsTest, OneFileThatFailsDoesNotStopTheOthers) {
  command_.files = {Write("a", "fail:5"), folder_ + "/missing", Write("c", "cat")};
  command_.json = true;
  EXPECT_EQ(Run(), 1);
  const nlohmann::json results = Json()["results"];
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0]["error"]["code"], "NOT_FOUND");
  EXPECT_EQ(results[0]["error"]["message"], "failed as told");
  EXPECT_EQ(results[1]["error"]["code"], "NOT_FOUND");
  EXPECT_TRUE(results[2]["error"].is_null());
  EXPECT_EQ(results[2]["detections"][0]["label_name"], "of cat");
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("NOT_FOUND: failed as told"), HasSubstr("cannot read"),
                                HasSubstr("omserve-client models")));
}

TEST_F(ClientCommandsTest, StreamsFilesAsFrames) {
  command_.stream = true;
  command_.frame_rate = 0;
  command_.budget = absl::Milliseconds(250);
  command_.priority = "batch";
  command_.files = {Write("a", "cat"), Write("b", "drop"), folder_ + "/missing",
                    Write("c", "fail:3"), Write("d", "dog")};
  command_.json = true;
  EXPECT_EQ(Run(), 1) << "a frame failed, and a file could not be read";
  const nlohmann::json results = Json()["results"];
  ASSERT_EQ(results.size(), 5U);
  EXPECT_EQ(results[0]["detections"][0]["label_name"], "of cat");
  EXPECT_EQ(results[1]["error"]["code"], "ABORTED");
  EXPECT_EQ(results[2]["error"]["code"], "NOT_FOUND");
  EXPECT_EQ(results[3]["error"]["code"], "INVALID_ARGUMENT");
  EXPECT_EQ(results[4]["detections"][0]["label_name"], "of dog");
  EXPECT_EQ(Json()["stream"],
            nlohmann::json::parse(R"({"frames": 4, "answered": 3, "dropped": 1})"));
  EXPECT_THAT(err_.str(), ::testing::Not(HasSubstr("ABORTED")));
  const auto metadata = fake_.last_metadata();
  EXPECT_EQ(metadata.find("omserve-budget-ms")->second, "250");
  EXPECT_EQ(metadata.find("omserve-priority")->second, "batch");
}

TEST_F(ClientCommandsTest, AStreamThatBreaksOffFailsTheFramesThatAreLeft) {
  command_.stream = true;
  command_.frame_rate = 0;
  command_.files = {Write("a", "cat"), Write("b", "end"), Write("c", "dog")};
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("of cat"), HasSubstr("3 frames: 1 answered, 0 dropped")));
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("b: UNAVAILABLE: stopping as told"),
                                HasSubstr("c: UNAVAILABLE: stopping as told")));
}

TEST_F(ClientCommandsTest, DroppedFramesAreNoFailure) {
  command_.stream = true;
  command_.frame_rate = 1000;
  command_.files = {Write("a", "drop"), Write("b", "cat")};
  EXPECT_EQ(Run(), 0) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("2 frames: 1 answered, 1 dropped"));
}

TEST_F(ClientCommandsTest, KeepsTheOrderOfManyFiles) {
  command_.json = true;
  for (int i = 0; i < 50; ++i) {
    command_.files.push_back(Write("f" + std::to_string(i), std::to_string(i)));
  }
  EXPECT_EQ(Run(), 0);
  const nlohmann::json results = Json()["results"];
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(results[i]["detections"][0]["label_name"], "of " + std::to_string(i));
  }
}

TEST_F(ClientCommandsTest, SummarizesManyErrors) {
  command_.files.assign(15, Write("a", "fail:8"));
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("and 5 more files"));
}

TEST_F(ClientCommandsTest, DrawsPictures) {
  const std::string file = folder_ + "/scene.png";
  ASSERT_TRUE(WritePng(cv::Mat(8, 9, CV_8UC3, cv::Scalar::all(90)), file).ok());
  command_.files = {file};
  command_.out = folder_ + "/drawn";
  EXPECT_EQ(Run(), 0) << err_.str();
  EXPECT_TRUE(std::filesystem::exists(command_.out + "/scene.png"));
  EXPECT_THAT(out_.str(), HasSubstr(command_.out + "/contact_sheet.png"));
}

TEST_F(ClientCommandsTest, FailsWhenAPictureCannotBeDrawn) {
  command_.files = {Write("a", "no picture")};
  command_.out = folder_ + "/drawn";
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), HasSubstr("drawing "));
}

TEST_F(ClientCommandsTest, EmbedPrintsNormAndBestClasses) {
  command_.kind = ClientCommand::Kind::kEmbed;
  command_.files = {Write("a", "cat")};
  command_.top_k = 2;
  EXPECT_EQ(Run(), 0);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("5.000"), HasSubstr("rank")));
}

TEST_F(ClientCommandsTest, ListsModels) {
  command_.kind = ClientCommand::Kind::kModels;
  EXPECT_EQ(Run(), 0);
  EXPECT_THAT(out_.str(), HasSubstr("fake"));
  out_.str("");
  command_.json = true;
  EXPECT_EQ(Run(), 0);
  EXPECT_EQ(Json()["models"][0]["name"], "fake");
}

TEST_F(ClientCommandsTest, HealthFollowsTheServer) {
  command_.kind = ClientCommand::Kind::kHealth;
  fake_.SetServing(true);
  EXPECT_EQ(Run(), 0);
  EXPECT_EQ(out_.str(), "SERVING\n");
  fake_.SetServing(false);
  EXPECT_EQ(Run(), 1);
}

TEST_F(ClientCommandsTest, SaysWhatToDoWithoutAServer) {
  command_.kind = ClientCommand::Kind::kModels;
  command_.server = "127.0.0.1:1";
  EXPECT_EQ(Run(), 1);
  EXPECT_THAT(err_.str(), AllOf(HasSubstr("UNAVAILABLE"), HasSubstr("make serve")));
}

}  // namespace
}  // namespace omserve::client
