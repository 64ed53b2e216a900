// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/live_repository.h"

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/gate.h"
#include "tests/unit/server/base/signal.h"
#include "tests/unit/server/registry/model_folder.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Where loads are counted and planned to fail. Thread-safe.
class FakeLoader final : public ServableLoader {
 public:
  class Fake final : public Servable {
   public:
    Fake(FakeLoader& loader, std::string key, int load) : loader_(loader), key_(key), load_(load) {}
    ~Fake() override {
      MutexLock lock(loader_.mutex_);
      EXPECT_EQ(gate_.inside(), 0) << "unloaded under a request";
      ++loader_.unloads_;
    }
    void Publish() override {
      MutexLock lock(loader_.mutex_);
      loader_.served_[key_] = this;
    }
    void Withdraw() override {
      MutexLock lock(loader_.mutex_);
      if (loader_.served_[key_] == this) loader_.served_.erase(key_);
      gate_.Close();
    }
    bool WaitUnused(absl::Time deadline) override { return gate_.WaitEmpty(deadline); }
    void Close() override {}
    int64_t last_use() const override { return use; }
    std::optional<Gate::Pass> Enter() { return gate_.Enter(); }
    int load() const { return load_; }
    std::atomic<int64_t> use{0};

   private:
    FakeLoader& loader_;
    const std::string key_;
    const int load_;
    Gate gate_;
  };

  absl::StatusOr<int64_t> BytesOf(const PipelineSpec&) override { return int64_t{100} << 20; }
  absl::StatusOr<std::unique_ptr<Servable>> Load(const PipelineSpec& spec) override {
    const std::string key = absl::StrCat(spec.name, "/", spec.number);
    if (held.contains(key)) {
      came.Notify();
      EXPECT_TRUE(go.Wait());
    }
    MutexLock lock(mutex_);
    if (bad_.contains(key)) return absl::FailedPreconditionError("the OM file cannot be loaded");
    return std::make_unique<Fake>(*this, key, ++loads_);
  }

  void Break(const std::string& key, bool bad = true) {
    MutexLock lock(mutex_);
    if (bad) {
      bad_.insert(key);
    } else {
      bad_.erase(key);
    }
  }
  std::vector<std::string> served() const {
    MutexLock lock(mutex_);
    std::vector<std::string> keys;
    for (const auto& [key, fake] : served_) keys.push_back(key);
    return keys;
  }
  Fake& at(const std::string& key) const {
    MutexLock lock(mutex_);
    return *served_.at(key);
  }
  int loads() const {
    MutexLock lock(mutex_);
    return loads_;
  }
  int unloads() const {
    MutexLock lock(mutex_);
    return unloads_;
  }

  std::set<std::string> held;  // loads that wait for 'go'; set before
  Signal came, go;

 private:
  mutable Mutex mutex_;
  std::set<std::string> bad_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Fake*> served_ ABSL_GUARDED_BY(mutex_);
  int loads_ ABSL_GUARDED_BY(mutex_) = 0;
  int unloads_ ABSL_GUARDED_BY(mutex_) = 0;
};

class LiveRepositoryTest : public ::testing::Test {
 protected:
  void Make(RepositoryOptions options = {}, bool strict = true) {
    options.dir = folder_.path();
    repository_ = std::make_unique<LiveRepository>(options, loader_, Clock::Real());
    const absl::Status status = repository_->LoadAll(strict);
    EXPECT_TRUE(status.ok()) << status;
  }
  // One change, waited for.
  absl::Status Load(const std::string& name, const std::string& version = "") {
    return Ask(&ModelRepository::Load, name, version);
  }
  absl::Status Reload(const std::string& name, const std::string& version = "") {
    return Ask(&ModelRepository::Reload, name, version);
  }
  absl::Status Unload(const std::string& name, const std::string& version = "") {
    return Ask(&ModelRepository::Unload, name, version);
  }
  absl::Status Ask(void (ModelRepository::*change)(std::string, std::string, ModelRepository::Done),
                   const std::string& name, const std::string& version) {
    Signal done;
    absl::Status result;
    (repository_.get()->*change)(name, version, [&](absl::Status status) {
      result = std::move(status);
      done.Notify();
    });
    EXPECT_TRUE(done.Wait());
    return result;
  }
  // Until nothing of it drains any more: changes of a model go one by one.
  void Settle(const std::string& name) { Unload(name, "999").IgnoreError(); }
  // "name/version STATE: reason" of all.
  std::vector<std::string> Index() const {
    std::vector<std::string> out;
    for (const ModelVersion& v : repository_->Index()) {
      out.push_back(absl::StrCat(v.name, "/", v.version, " ", std::string(ModelStateName(v.state)),
                                 v.reason.empty() ? "" : ": ", v.reason));
    }
    return out;
  }

  TestModelFolder folder_;
  FakeLoader loader_;
  std::unique_ptr<LiveRepository> repository_;
};

TEST_F(LiveRepositoryTest, LoadsTheLatestVersionOfEveryModel) {
  folder_.AddVersion("a", 1);
  folder_.AddVersion("a", 10);
  folder_.AddVersion("a", 9);
  folder_.AddPlain("other_folder", "b");
  Make();
  EXPECT_THAT(loader_.served(), ElementsAre("a/10", "b/1"));
  EXPECT_THAT(Index(), ElementsAre("a/1 UNAVAILABLE: not loaded", "a/9 UNAVAILABLE: not loaded",
                                   "a/10 READY", "b/1 READY"));
}

TEST_F(LiveRepositoryTest, ThePolicyTellsHowMany) {
  for (const int number : {1, 2, 3}) folder_.AddVersion("a", number);
  Make({.policy = {.latest = 2}});
  EXPECT_THAT(loader_.served(), ElementsAre("a/2", "a/3"));
  Make({.policy = {.kind = VersionPolicy::Kind::kAll}});
  EXPECT_THAT(loader_.served(), ElementsAre("a/1", "a/2", "a/3"));
  Make({.policy = {.kind = VersionPolicy::Kind::kSpecific, .specific = {2, 7}}});
  EXPECT_THAT(loader_.served(), ElementsAre("a/2"));
}

TEST_F(LiveRepositoryTest, ANewVersionTakesOverAndTheOldOneGoesWhenItsRequestsHaveEnded) {
  folder_.AddVersion("a", 1);
  Make();
  auto request = loader_.at("a/1").Enter();
  ASSERT_TRUE(request.has_value());
  folder_.AddVersion("a", 2);
  ASSERT_TRUE(Load("a").ok());
  EXPECT_THAT(loader_.served(), ElementsAre("a/2"));
  EXPECT_THAT(Index(), ElementsAre("a/1 UNLOADING", "a/2 READY"));
  EXPECT_EQ(loader_.unloads(), 0) << "a request is at work in it";
  request.reset();
  Settle("a");
  EXPECT_EQ(loader_.unloads(), 1);
  EXPECT_THAT(Index(), ElementsAre("a/1 UNAVAILABLE: unloaded", "a/2 READY"));
}

TEST_F(LiveRepositoryTest, LoadLeavesWhatHasNotChangedAndReloadDoesNot) {
  folder_.AddVersion("a", 1);
  Make();
  ASSERT_TRUE(Load("a").ok());
  EXPECT_EQ(loader_.loads(), 1);
  ASSERT_TRUE(Reload("a").ok());
  EXPECT_EQ(loader_.loads(), 2);
  EXPECT_EQ(loader_.at("a/1").load(), 2) << "requests find the new one";
  Settle("a");
  EXPECT_EQ(loader_.unloads(), 1);
  folder_.AddVersion("a", 1, "# written again\n");
  ASSERT_TRUE(Load("a").ok());
  EXPECT_EQ(loader_.loads(), 3);
}

TEST_F(LiveRepositoryTest, AVersionThatCannotBeLoadedLeavesTheOldOne) {
  folder_.AddVersion("a", 1);
  Make();
  folder_.AddVersion("a", 2);
  loader_.Break("a/2");
  const absl::Status status = Load("a");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a/2/pipeline.pbtxt: the OM file"));
  EXPECT_THAT(loader_.served(), ElementsAre("a/1"));
  EXPECT_THAT(Index(), ElementsAre("a/1 READY", HasSubstr("a/2 UNAVAILABLE: ")));
  loader_.Break("a/2", false);
  ASSERT_TRUE(Load("a").ok());
  EXPECT_THAT(loader_.served(), ElementsAre("a/2"));
}

TEST_F(LiveRepositoryTest, AReloadThatFailsLeavesTheSameVersionAtWork) {
  folder_.AddVersion("a", 1);
  Make();
  loader_.Break("a/1");
  EXPECT_FALSE(Reload("a").ok());
  EXPECT_EQ(loader_.at("a/1").load(), 1);
  EXPECT_THAT(Index(), ElementsAre(HasSubstr("a/1 READY: ")));
}

TEST_F(LiveRepositoryTest, BadFilesAreToldAndServeNothing) {
  folder_.AddVersion("a", 1);
  Make();
  folder_.AddVersion("a", 2, "name: \"b\" version: \"2\"");
  folder_.AddVersion("a", 3, "this is no manifest {");
  EXPECT_THAT(std::string(Load("a", "3").message()), HasSubstr("a/3/pipeline.pbtxt:"));
  EXPECT_FALSE(Load("a", "2").ok());
  folder_.AddVersion("a", 4, folder_.Manifest("b", "4"));
  EXPECT_THAT(std::string(Load("a", "4").message()), HasSubstr("lies in the folder of 'a'"));
  folder_.AddVersion("a", 5, folder_.Manifest("a", "4"));
  EXPECT_THAT(std::string(Load("a", "5").message()), HasSubstr("lies in folder 5"));
  folder_.AddVersion("a", 6);
  folder_.RemoveOm("a", 6);
  EXPECT_EQ(Load("a", "6").code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(loader_.served(), ElementsAre("a/1"));
}

TEST_F(LiveRepositoryTest, TwoFoldersWithOneNameChangeNothing) {
  folder_.AddPlain("x", "a");
  Make();
  folder_.AddPlain("y", "a");
  EXPECT_EQ(Load("a").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(loader_.served(), ElementsAre("a/1"));
}

TEST_F(LiveRepositoryTest, NamesAreNames) {
  folder_.AddVersion("a", 1);
  Make();
  for (const char* name : {"", "..", "../a", "a/1", "/etc", "a\n", "a b"}) {
    EXPECT_EQ(Load(name).code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(Unload(name).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  for (const char* version : {"0", "01", "-1", "../1", "1/..", "99999999999999999999", "x"}) {
    EXPECT_EQ(Load("a", version).code(), absl::StatusCode::kInvalidArgument) << version;
  }
  EXPECT_EQ(Load("b").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Load("a", "2").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Unload("b").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Unload("a", "2").code(), absl::StatusCode::kNotFound);
}

TEST_F(LiveRepositoryTest, UnloadsAndLoadsAgain) {
  folder_.AddVersion("a", 1);
  folder_.AddVersion("a", 2);
  Make();
  ASSERT_TRUE(Load("a", "1").ok()) << "beside what the policy wants";
  EXPECT_THAT(loader_.served(), ElementsAre("a/1", "a/2"));
  ASSERT_TRUE(Unload("a").ok());
  EXPECT_THAT(loader_.served(), IsEmpty());
  ASSERT_TRUE(Unload("a").ok()) << "is unloaded";
  ASSERT_TRUE(Load("a").ok());
  EXPECT_THAT(loader_.served(), ElementsAre("a/2"));
}

TEST_F(LiveRepositoryTest, ChangesOfAModelGoOneAfterTheOther) {
  folder_.AddVersion("a", 1);
  folder_.AddVersion("b", 1);
  loader_.held = {"a/2"};
  Make({.load_threads = 2});
  folder_.AddVersion("a", 2);
  std::vector<std::string> order;  // of the ends; the changes of a model follow each other
  Signal last;
  repository_->Load("a", "",
                    [&](const absl::Status& s) { order.push_back(s.ok() ? "load" : "-"); });
  ASSERT_TRUE(loader_.came.Wait());
  EXPECT_THAT(Index(), ElementsAre("a/1 READY", "a/2 LOADING", "b/1 READY"));
  repository_->Load("a", "",
                    [&](const absl::Status& s) { order.push_back(s.ok() ? "again" : "-"); });
  repository_->Unload("a", "", [&](const absl::Status& s) {
    order.push_back(s.ok() ? "unload" : "-");
    last.Notify();
  });
  EXPECT_TRUE(Reload("b").ok()) << "another model need not wait";
  loader_.go.Notify();
  ASSERT_TRUE(last.Wait());
  EXPECT_THAT(order, ElementsAre("load", "again", "unload"));
  EXPECT_EQ(loader_.loads(), 4) << "a/1, b/1, b/1 again and a/2, once";
  EXPECT_THAT(loader_.served(), ElementsAre("b/1"));
}

TEST_F(LiveRepositoryTest, TooManyChangesAreRefused) {
  folder_.AddVersion("a", 1);
  loader_.held = {"a/2"};
  Make();
  folder_.AddVersion("a", 2);
  repository_->Load("a", "", nullptr);
  ASSERT_TRUE(loader_.came.Wait());
  std::atomic<int> refused{0};
  std::atomic<int> stopped{0};
  for (size_t i = 0; i < LiveRepository::kMaxWaiting + 3; ++i) {
    repository_->Reload("a", "", [&](const absl::Status& status) {
      refused += absl::IsResourceExhausted(status) ? 1 : 0;
      stopped += absl::IsUnavailable(status) ? 1 : 0;
    });
  }
  EXPECT_EQ(refused.load(), 3);
  repository_->Refuse();
  EXPECT_EQ(stopped.load(), static_cast<int>(LiveRepository::kMaxWaiting)) << "they end, too";
  loader_.go.Notify();
  repository_->Stop();
  EXPECT_EQ(Load("a").code(), absl::StatusCode::kUnavailable);
}

TEST_F(LiveRepositoryTest, AStopDoesNotWaitForRequests) {
  folder_.AddVersion("a", 1);
  Make();
  auto request = loader_.at("a/1").Enter();
  ASSERT_TRUE(Reload("a").ok());
  repository_->Stop();
  EXPECT_EQ(loader_.unloads(), 0);
  request.reset();
  repository_->Clear();
  EXPECT_EQ(loader_.unloads(), 2);
}

TEST_F(LiveRepositoryTest, MemoryAboveTheBudgetIsRefusedInPlainWords) {
  folder_.AddVersion("a", 1);
  folder_.AddVersion("b", 1);
  Make({.device_bytes = int64_t{250} << 20});
  folder_.AddVersion("c", 1);
  const absl::Status status = Load("c");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("model 'c' needs 100 MiB of device memory, and 200 MiB of "
                        "repository.device_memory_mib, which is 250 MiB, are taken"));
  ASSERT_TRUE(Unload("a").ok());
  Settle("a");
  EXPECT_TRUE(Load("c").ok());
}

TEST_F(LiveRepositoryTest, TheLeastRecentlyUsedMakesRoomIfAsked) {
  for (const char* name : {"a", "b"}) folder_.AddVersion(name, 1);
  Make({.device_bytes = int64_t{200} << 20, .evict = true});
  loader_.at("a/1").use = 2;
  loader_.at("b/1").use = 1;
  folder_.AddVersion("c", 1);
  ASSERT_TRUE(Load("c").ok());
  EXPECT_THAT(loader_.served(), ElementsAre("a/1", "c/1"));
  EXPECT_THAT(Index(), ElementsAre("a/1 READY", "b/1 UNAVAILABLE: unloaded to make room for 'c'",
                                   "c/1 READY"));
  loader_.at("c/1").use = 3;
  EXPECT_TRUE(Load("b").ok());
  EXPECT_THAT(loader_.served(), ElementsAre("b/1", "c/1"));
}

TEST_F(LiveRepositoryTest, AStrictStartEndsAtTheFirstFailureAndAnotherOneDoesWhatItCan) {
  folder_.AddVersion("a", 1);
  folder_.AddVersion("a", 2);
  folder_.AddVersion("b", 1);
  loader_.Break("a/2");
  loader_.Break("b/1");
  RepositoryOptions options{.dir = folder_.path()};
  LiveRepository strict(options, loader_, Clock::Real());
  EXPECT_EQ(strict.LoadAll(true).code(), absl::StatusCode::kFailedPrecondition);
  strict.Stop();
  strict.Clear();
  Make({}, false);
  EXPECT_THAT(loader_.served(), ElementsAre("a/1")) << "the latest that can be loaded";
}

}  // namespace
}  // namespace omserve
