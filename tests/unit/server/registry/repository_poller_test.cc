// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/repository_poller.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/server/registry/model_folder.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Writes down what it is asked for.
class AskedRepository final : public ModelRepository {
 public:
  std::vector<ModelVersion> Index() const override { return {}; }
  void Load(std::string name, std::string, Done) override { asked.push_back("load " + name); }
  void Reload(std::string name, std::string, Done) override { asked.push_back("reload " + name); }
  void Unload(std::string name, std::string, Done) override { asked.push_back("unload " + name); }
  std::vector<std::string> Take() { return std::exchange(asked, {}); }
  std::vector<std::string> asked;
};

TEST(RepositoryPollerTest, AsksForWhatHasChangedOnceItHasSettled) {
  TestModelFolder folder;
  folder.AddVersion("a", 1);
  AskedRepository repository;
  RepositoryPoller poller(folder.path(), absl::ZeroDuration(), repository);
  poller.Look();
  EXPECT_THAT(repository.Take(), IsEmpty()) << "that was loaded at the start";
  folder.AddVersion("a", 2);
  folder.AddPlain("b", "b");
  poller.Look();
  EXPECT_THAT(repository.Take(), IsEmpty()) << "it may still be copied";
  folder.AddVersion("a", 2, "# more\n");
  poller.Look();
  EXPECT_THAT(repository.Take(), ElementsAre("load b"));
  poller.Look();
  EXPECT_THAT(repository.Take(), ElementsAre("load a"));
  poller.Look();
  EXPECT_THAT(repository.Take(), IsEmpty()) << "once is enough, also if it has failed";
}

TEST(RepositoryPollerTest, UnloadsWhatHasGone) {
  TestModelFolder folder;
  folder.AddVersion("a", 1);
  folder.AddVersion("b", 1);
  AskedRepository repository;
  RepositoryPoller poller(folder.path(), absl::ZeroDuration(), repository);
  folder.Remove("a");
  poller.Look();
  EXPECT_THAT(repository.Take(), IsEmpty()) << "it may be on its way back";
  poller.Look();
  EXPECT_THAT(repository.Take(), ElementsAre("unload a"));
  folder.AddVersion("a", 1);
  poller.Look();
  poller.Look();
  EXPECT_THAT(repository.Take(), ElementsAre("load a"));
}

TEST(RepositoryPollerTest, AFolderThatCannotBeReadUnloadsNothing) {
  TestModelFolder folder;
  folder.AddVersion("a", 1);
  AskedRepository repository;
  RepositoryPoller poller(folder.path(), absl::ZeroDuration(), repository);
  std::filesystem::rename(folder.path(), folder.path() + ".away");
  poller.Look();
  poller.Look();
  EXPECT_THAT(repository.Take(), IsEmpty());
  std::filesystem::rename(folder.path() + ".away", folder.path());
}

TEST(RepositoryPollerTest, TheThreadStopsAtOnce) {
  TestModelFolder folder;
  AskedRepository repository;
  const RepositoryPoller poller(folder.path(), absl::Hours(1), repository);
}

}  // namespace
}  // namespace omserve
