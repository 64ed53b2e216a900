// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Versions that come and go while requests are at work: the promise is that no request notices.
#include <grpcpp/client_context.h>
#include <signal.h>

#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omserve/v1/control.grpc.pb.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "server/base/thread.h"
#include "tests/integration/probes.h"
#include "tests/integration/server_process.h"
#include "tests/integration/test_pictures.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

class ModelLifeTest : public ::testing::Test {
 protected:
  // The shipped InternViT as a version of a repository of the test's own.
  void AddVersion(int number, const std::string& name = "internvit") {
    const std::filesystem::path from = TestModels() / "internvit";
    // The first two fields; the stage has the name of the model, too.
    const std::string old_head = "name: \"internvit\"\nversion: \"1\"";
    const std::string head = absl::StrCat("name: \"", name, "\"\nversion: \"", number, "\"");
    const std::string manifest =
        absl::StrReplaceAll(ReadFile(from / "pipeline.pbtxt"), {{old_head, head}});
    ASSERT_THAT(manifest, HasSubstr(head));
    const std::string folder = absl::StrCat("internvit/", number);
    std::filesystem::create_directories(models_.path() / folder);
    std::filesystem::copy(from / "internvit.om", models_.path() / folder / "internvit.om");
    std::filesystem::copy(from / "labels.txt", models_.path() / folder / "labels.txt");
    models_.Write(folder + "/pipeline.pbtxt", manifest);
  }
  void Start(const std::string& repository = "") {
    ServerSetup setup;
    setup.model_dir = models_.path().string();
    setup.profile = R"({"compute": "replay", "models": {"internvit": {"default": 5}}})";
    setup.more = absl::StrCat("repository { ", repository, " } cache_dir: '",
                              (models_.path() / "cache").string(), "'");
    server_ = std::make_unique<ServerProcess>(setup);
    ASSERT_TRUE(server_->WaitReady()) << server_->log();
    vision_ = v1::Vision::NewStub(server_->channel());
    control_ = v1::Control::NewStub(server_->control_channel());
  }
  grpc::Status Embed(v1::EmbedResponse& response, const std::string& version = "") {
    v1::EmbedRequest request;
    request.mutable_image()->set_encoded(SampleScene(1));
    request.set_version(version);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
    return vision_->Embed(&context, request, &response);
  }
  template <typename Request, typename Response>
  grpc::Status Change(grpc::Status (v1::Control::Stub::*method)(grpc::ClientContext*,
                                                                const Request&, Response*),
                      const std::string& model, const std::string& version = "") {
    Request request;
    request.set_model(model);
    request.set_version(version);
    Response response;
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(50)));
    return (control_.get()->*method)(&context, request, &response);
  }
  grpc::Status Load(const std::string& version = "", const std::string& model = "internvit") {
    return Change<v1::LoadRequest, v1::LoadResponse>(&v1::Control::Stub::Load, model, version);
  }
  grpc::Status Reload(const std::string& version = "", const std::string& model = "internvit") {
    return Change<v1::ReloadRequest, v1::ReloadResponse>(&v1::Control::Stub::Reload, model,
                                                         version);
  }
  grpc::Status Unload(const std::string& version = "", const std::string& model = "internvit") {
    return Change<v1::UnloadRequest, v1::UnloadResponse>(&v1::Control::Stub::Unload, model,
                                                         version);
  }
  // "1 READY, 2 UNAVAILABLE"
  std::string States() {
    v1::ModelsResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(control_->Models(&context, {}, &response).ok());
    std::string text;
    for (const v1::ModelVersion& version : response.versions()) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", version.version(), " ",
                      v1::ModelState_Name(version.state()).substr(12));
    }
    return text;
  }
  bool WaitStates(const std::string& wanted) {
    for (int i = 0; i < 2000 && States() != wanted; ++i) absl::SleepFor(absl::Milliseconds(10));
    return States() == wanted;
  }

  TemporaryFolder models_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<v1::Vision::Stub> vision_;
  std::unique_ptr<v1::Control::Stub> control_;
};

TEST_F(ModelLifeTest, NoRequestNoticesAReload) {
  AddVersion(1);
  ASSERT_NO_FATAL_FAILURE(Start());
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::atomic<int> answered{0};
  std::vector<std::set<std::string>> versions(4);
  std::vector<Thread> threads;
  for (size_t t = 0; t < versions.size(); ++t) {
    threads.emplace_back("client", [&, t] {
      while (!stop.load()) {
        v1::EmbedResponse response;
        const grpc::Status status = Embed(response);
        if (!status.ok()) {
          failed.fetch_add(1);
          ADD_FAILURE() << status.error_message();
        }
        answered.fetch_add(1);
        versions[t].insert(response.version());
      }
    });
  }
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(Reload().ok());
  AddVersion(2);
  EXPECT_TRUE(Load().ok());
  const int before = answered.load();
  while (answered.load() < before + 20) absl::SleepFor(absl::Milliseconds(5));
  stop.store(true);
  threads.clear();
  EXPECT_EQ(failed.load(), 0);
  std::set<std::string> all;
  for (const auto& seen : versions) all.insert(seen.begin(), seen.end());
  EXPECT_EQ(all, (std::set<std::string>{"1", "2"}));
  EXPECT_TRUE(WaitStates("1 UNAVAILABLE, 2 READY")) << States();
  v1::StatsResponse stats;
  grpc::ClientContext context;
  ASSERT_TRUE(control_->Stats(&context, {}, &stats).ok());
  ASSERT_EQ(stats.models_size(), 1);
  EXPECT_EQ(stats.models(0).requests().at("OK"), answered.load());
  EXPECT_EQ(stats.models(0).requests_at_work(), 0);
  server_->Signal(SIGTERM);
  EXPECT_EQ(server_->WaitExit(), 0) << server_->log();
}

TEST_F(ModelLifeTest, BadVersionsAreRefusedAndTheOldOneServes) {
  AddVersion(1);
  ASSERT_NO_FATAL_FAILURE(Start());
  const std::string om = ReadFile(models_.path() / "internvit/1/internvit.om");
  AddVersion(2);
  models_.Write("internvit/2/internvit.om", "this is no model");
  AddVersion(3);
  models_.Write("internvit/3/internvit.om", om.substr(0, om.size() / 2));
  AddVersion(4);
  std::filesystem::remove(models_.path() / "internvit/4/internvit.om");
  AddVersion(5, "other");
  AddVersion(6);
  models_.Write("internvit/6/pipeline.pbtxt", "nonsense: 1");
  const auto expect = [this](const std::string& version, grpc::StatusCode code,
                             const std::string& text) {
    const grpc::Status status = Load(version);
    EXPECT_EQ(status.error_code(), code) << version << ": " << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
  };
  expect("2", grpc::StatusCode::FAILED_PRECONDITION, "the OM file cannot be loaded");
  expect("3", grpc::StatusCode::FAILED_PRECONDITION, "the OM file cannot be loaded");
  expect("4", grpc::StatusCode::NOT_FOUND, "does not exist; compile it with atc");
  expect("5", grpc::StatusCode::INVALID_ARGUMENT, "lies in the folder of 'internvit'");
  expect("6", grpc::StatusCode::INVALID_ARGUMENT, "no field named \"nonsense\"");
  expect("7", grpc::StatusCode::NOT_FOUND, "these are: 1, 2, 3, 4, 5, 6");
  expect("../1", grpc::StatusCode::INVALID_ARGUMENT, "is not a number");
  for (const char* name : {"../internvit", "..", "", "/etc", "internvit/1"}) {
    EXPECT_EQ(Load("", name).error_code(), grpc::StatusCode::INVALID_ARGUMENT) << name;
  }
  // As the policy says: the latest that can be loaded, which is there already.
  EXPECT_FALSE(Load().ok());
  v1::EmbedResponse response;
  EXPECT_TRUE(Embed(response).ok());
  EXPECT_EQ(response.version(), "1");
  EXPECT_EQ(States(),
            "1 READY, 2 UNAVAILABLE, 3 UNAVAILABLE, 4 UNAVAILABLE, 5 UNAVAILABLE, 6 UNAVAILABLE");
}

TEST_F(ModelLifeTest, SeveralVersionsServeAtOnceAndARequestNamesOne) {
  AddVersion(1);
  AddVersion(2);
  ASSERT_NO_FATAL_FAILURE(Start("versions { latest: 2 }"));
  v1::EmbedResponse response;
  EXPECT_TRUE(Embed(response, "1").ok());
  EXPECT_EQ(response.version(), "1");
  EXPECT_TRUE(Embed(response).ok());
  EXPECT_EQ(response.version(), "2");
  EXPECT_EQ(Embed(response, "3").error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_TRUE(Unload("2").ok());
  EXPECT_TRUE(Embed(response).ok());
  EXPECT_EQ(response.version(), "1");
  EXPECT_EQ(HealthOf(server_->health_channel(), "internvit"), "SERVING");
  EXPECT_TRUE(Unload().ok());
  EXPECT_EQ(Embed(response).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(HealthOf(server_->health_channel(), "internvit"), "NOT_SERVING");
  EXPECT_EQ(HealthOf(server_->health_channel(), ""), "SERVING");
  EXPECT_TRUE(Load().ok());
  EXPECT_TRUE(Embed(response).ok());
  EXPECT_EQ(HealthOf(server_->health_channel(), "internvit"), "SERVING");
}

TEST_F(ModelLifeTest, ChangesThatComeAtOnceAreDoneOneByOne) {
  AddVersion(1);
  ASSERT_NO_FATAL_FAILURE(Start());
  std::vector<Thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back("reload", [this] { EXPECT_TRUE(Reload().ok()); });
    threads.emplace_back("load", [this] { EXPECT_TRUE(Load().ok()); });
    threads.emplace_back("unload", [this] { EXPECT_TRUE(Unload().ok()); });
  }
  threads.clear();
  EXPECT_TRUE(Load().ok());
  v1::EmbedResponse response;
  EXPECT_TRUE(Embed(response).ok());
  EXPECT_TRUE(WaitStates("1 READY")) << States();
}

TEST_F(ModelLifeTest, PollingFollowsTheFiles) {
  AddVersion(1);
  ASSERT_NO_FATAL_FAILURE(Start("mode: POLL poll_ms: 50"));
  AddVersion(2);
  EXPECT_TRUE(WaitStates("1 UNAVAILABLE, 2 READY")) << States();
  v1::EmbedResponse response;
  EXPECT_TRUE(Embed(response).ok());
  EXPECT_EQ(response.version(), "2");
  std::filesystem::remove_all(models_.path() / "internvit/2");
  EXPECT_TRUE(WaitStates("1 READY, 2 UNAVAILABLE")) << States();
  EXPECT_TRUE(Embed(response).ok());
  EXPECT_EQ(response.version(), "1");
}

TEST_F(ModelLifeTest, OmFilesWithoutAManifestAreModels) {
  std::filesystem::copy(TestModels() / "internvit" / "internvit.om", models_.path() / "vit.om");
  ASSERT_NO_FATAL_FAILURE(Start());
  v1::ListModelsResponse models;
  grpc::ClientContext context;
  ASSERT_TRUE(vision_->ListModels(&context, {}, &models).ok());
  ASSERT_EQ(models.models_size(), 1);
  EXPECT_EQ(models.models(0).name(), "vit");
  EXPECT_EQ(models.models(0).pipeline(), "tensor");
  EXPECT_TRUE(models.models(0).ready());
  v1::EmbedResponse response;
  EXPECT_EQ(Embed(response).error_code(), grpc::StatusCode::NOT_FOUND) << "it is no picture model";
  EXPECT_TRUE(Reload("", "vit").ok());
  EXPECT_TRUE(WaitStates("1 READY")) << States();
}

TEST_F(ModelLifeTest, ControlIsNotOnTheDataPort) {
  AddVersion(1);
  ASSERT_NO_FATAL_FAILURE(Start());
  const auto stub = v1::Control::NewStub(server_->channel());
  grpc::ClientContext context;
  v1::UnloadRequest request;
  request.set_model("internvit");
  v1::UnloadResponse response;
  EXPECT_EQ(stub->Unload(&context, request, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  const auto data = v1::Vision::NewStub(server_->control_channel());
  grpc::ClientContext other;
  v1::ListModelsResponse models;
  EXPECT_EQ(data->ListModels(&other, {}, &models).error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ModelLifeTest, AStopUnderLoadFailsNothingThatWasLetIn) {
  AddVersion(1);
  ASSERT_NO_FATAL_FAILURE(Start());
  std::atomic<bool> signalled{false};
  std::atomic<int> lost{0};
  std::atomic<int> answered{0};
  std::vector<Thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back("client", [&] {
      while (true) {
        const bool before = !signalled.load();
        v1::EmbedResponse response;
        const grpc::Status status = Embed(response);
        if (status.ok()) {
          answered.fetch_add(1);
          continue;
        }
        // One that began after the signal may be turned away, and is told to go elsewhere.
        if (before && !signalled.load()) lost.fetch_add(1);
        // gRPC cancels what it finds on the wire when it sends its GOAWAY.
        if (status.error_code() != grpc::StatusCode::UNAVAILABLE &&
            status.error_code() != grpc::StatusCode::CANCELLED) {
          lost.fetch_add(1);
        }
        return;
      }
    });
  }
  while (answered.load() < 30) absl::SleepFor(absl::Milliseconds(5));
  signalled.store(true);
  server_->Signal(SIGTERM);
  EXPECT_EQ(server_->WaitExit(), 0) << server_->log();
  threads.clear();
  EXPECT_EQ(lost.load(), 0);
}

}  // namespace
}  // namespace omserve
