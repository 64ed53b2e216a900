// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/client_context.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "server/base/thread.h"
#include "tests/integration/server_process.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

ServerSetup OcrSetup(const std::string& models = OMSERVE_TEST_OCR_MODELS) {
  ServerSetup setup;
  setup.model_dir = models;
  setup.environment["HOSTACL_DEVICES"] = "1";
  return setup;
}

// A server with the PP-OCRv4 graphs in a few gears; models/samples/page.png is of the size of the
// one detection gear.
class ReadTextServerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new ServerProcess(OcrSetup());
    ASSERT_TRUE(server_->WaitReady()) << server_->log();
    stub_ = v1::Vision::NewStub(server_->channel()).release();
  }
  static void TearDownTestSuite() {
    delete stub_;
    delete server_;
  }

  static v1::ReadTextRequest Page() {
    v1::ReadTextRequest request;
    request.mutable_image()->set_encoded(ReadFile("models/samples/page.png"));
    return request;
  }
  static grpc::Status Ask(const v1::ReadTextRequest& request, v1::ReadTextResponse& response) {
    grpc::ClientContext context;
    return stub_->ReadText(&context, request, &response);
  }
  static v1::ReadTextResponse Read(const v1::ReadTextRequest& request) {
    v1::ReadTextResponse response;
    const grpc::Status status = Ask(request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static v1::Image Grey(int width, int height) {
    v1::Image image;
    image.mutable_raw()->set_width(width);
    image.mutable_raw()->set_height(height);
    image.mutable_raw()->set_order(v1::RawPixels::ORDER_BGR);
    image.mutable_raw()->set_pixels(
        std::string(static_cast<size_t>(width) * static_cast<size_t>(height) * 3, '\x80'));
    return image;
  }

  static ServerProcess* server_;
  static v1::Vision::Stub* stub_;
};
ServerProcess* ReadTextServerTest::server_ = nullptr;
v1::Vision::Stub* ReadTextServerTest::stub_ = nullptr;

// What RapidOCR 1.4.4 reads on the same page, but for the long line, which it does not pad.
TEST_F(ReadTextServerTest, ReadsAPageAsRapidOcrDoes) {
  const v1::ReadTextResponse response = Read(Page());
  EXPECT_EQ(response.model(), "ppocr_v4");
  std::vector<std::string> texts;
  for (const v1::TextLine& line : response.lines()) texts.push_back(line.text());
  EXPECT_THAT(texts, ::testing::IsSupersetOf({"Detection finds the lines,", "文字识别服务器",
                                              "北京市海淀区100084", "Total", "1,284.50", "7531",
                                              "This one is upside down"}));
  const auto upside_down =
      std::find(texts.begin(), texts.end(), "This one is upside down") - texts.begin();
  EXPECT_EQ(response.lines(static_cast<int>(upside_down)).turned(), 180);
  const auto column = std::find(texts.begin(), texts.end(), "7531") - texts.begin();
  EXPECT_EQ(response.lines(static_cast<int>(column)).turned(), 90);
  const auto chinese = std::find(texts.begin(), texts.end(), "文字识别服务器") - texts.begin();
  const v1::TextLine& line = response.lines(static_cast<int>(chinese));
  EXPECT_THAT(line.outline(), ::testing::ElementsAre(62, 274, 367, 274, 367, 317, 62, 317));
  std::vector<std::string> stages;
  for (const v1::StageTiming& stage : response.timing().stages()) stages.push_back(stage.stage());
  EXPECT_THAT(stages, ::testing::IsSupersetOf({"decode", "preprocess", "det_736x992", "boxes",
                                               "crops", "cls", "lines", "rec_320", "text"}));
}

TEST_F(ReadTextServerTest, ManyAtOnceAgreeWithOneByOne) {
  const v1::ReadTextResponse alone = Read(Page());
  std::vector<v1::ReadTextResponse> together(6);
  {
    std::vector<Thread> threads;
    for (v1::ReadTextResponse& response : together) {
      threads.emplace_back("client", [&response] { response = Read(Page()); });
    }
  }
  for (const v1::ReadTextResponse& response : together) {
    ASSERT_EQ(response.lines_size(), alone.lines_size());
    for (int i = 0; i < alone.lines_size(); ++i) {
      EXPECT_EQ(response.lines(i).text(), alone.lines(i).text());
    }
  }
}

TEST_F(ReadTextServerTest, TheCallerMayAskForLess) {
  v1::ReadTextRequest request = Page();
  request.set_task(v1::READ_TASK_DETECT);
  request.set_region(v1::TEXT_REGION_BOX);
  const v1::ReadTextResponse places = Read(request);
  ASSERT_GT(places.lines_size(), 5);
  EXPECT_EQ(places.lines(0).text(), "");
  EXPECT_EQ(places.lines(0).outline_size(), 0);
  EXPECT_TRUE(places.lines(0).has_box());
  request = Page();
  request.set_max_lines(2);
  request.set_orientation(false);
  const v1::ReadTextResponse few = Read(request);
  EXPECT_LE(few.lines_size(), 2);
  EXPECT_GT(few.places_cut(), 5);
}

TEST_F(ReadTextServerTest, NoTextIsAnEmptyList) {
  v1::ReadTextRequest request;
  *request.mutable_image() = Grey(300, 200);
  const v1::ReadTextResponse response = Read(request);
  EXPECT_EQ(response.lines_size(), 0);
  EXPECT_EQ(response.image_width(), 300);
}

TEST_F(ReadTextServerTest, TinyPicturesAndLinesAreAnswered) {
  v1::ReadTextRequest request;
  *request.mutable_image() = Grey(1, 1);
  EXPECT_EQ(Read(request).lines_size(), 0);
  v1::ReadTextRequest lines;
  *lines.add_lines() = Grey(1, 1);
  *lines.add_lines() = Grey(1, 300);
  *lines.add_lines() = Grey(3000, 2);
  EXPECT_EQ(Read(lines).lines_size(), 3);
}

TEST_F(ReadTextServerTest, BadRequestsAreNamed) {
  v1::ReadTextResponse response;
  v1::ReadTextRequest request;
  grpc::Status status = Ask(request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("image: is missing"));
  request.add_lines()->set_encoded("no picture");
  status = Ask(request, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("lines[0]: "));
}

class OcrStartTest : public ::testing::Test {
 protected:
  OcrStartTest() {
    std::filesystem::copy(OMSERVE_TEST_OCR_MODELS, folder_.path(),
                          std::filesystem::copy_options::recursive);
  }
  std::string Name(const std::string& file) const { return "ppocr_v4/" + file; }
  void ExpectRefused(const std::string& text) {
    ServerProcess server(OcrSetup(folder_.path().string()));
    EXPECT_FALSE(server.WaitReady());
    EXPECT_EQ(server.WaitExit(), 1);
    EXPECT_THAT(server.log(), HasSubstr(text));
  }
  TemporaryFolder folder_;
};

TEST_F(OcrStartTest, ADictionaryOfTheWrongSizeIsRefused) {
  const std::string dictionary = ReadFile(folder_.path() / Name("dictionary.txt"));
  folder_.Write(Name("dictionary.txt"), dictionary + "\nx");
  ExpectRefused("the dictionary has 6626 classes with the blank and the space");
}

TEST_F(OcrStartTest, AnOmOfAnotherSizeThanItsNameIsRefused) {
  std::filesystem::copy_file(folder_.path() / Name("rec_640.om"),
                             folder_.path() / Name("rec_320.om"),
                             std::filesystem::copy_options::overwrite_existing);
  ExpectRefused("stage rec_320: the input of");
}

}  // namespace
}  // namespace omserve
