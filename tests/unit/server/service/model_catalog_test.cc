// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/model_catalog.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/thread.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<ServedModel> Vit(const std::string& name, int64_t number = 1) {
  auto model = std::shared_ptr<ServedModel>(new ServedModel{
      name, std::to_string(number), {}, {"internvit"}, *InternVit::Create({}), nullptr, {}, {}});
  model->number = number;
  return model;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(ModelCatalogTest, FindsByNameAndTheOnlyOneWithoutAName) {
  ModelCatalog catalog;
  catalog.Publish(Vit("a"));
  EXPECT_EQ((*catalog.Find<InternVit>("a"))->name, "a");
  EXPECT_EQ((*catalog.Find<InternVit>(""))->name, "a");
  catalog.Publish(Vit("b"));
  EXPECT_EQ(catalog.All().size(), 2u);
  EXPECT_EQ(catalog.Find<InternVit>("").status(),
            absl::InvalidArgumentError("model: must be one of a, b"));
  EXPECT_EQ((*catalog.FindAny("b"))->name, "b");
}

TEST(ModelCatalogTest, NamesWhatIsThere) {
  ModelCatalog catalog;
  catalog.Publish(Vit("a"));
  EXPECT_EQ(catalog.Find<InternVit>("x").status(),
            absl::NotFoundError("model: 'x' is not served; these are: a"));
  EXPECT_TRUE(absl::IsInvalidArgument(catalog.Find<VitDet>("a").status()));
  EXPECT_TRUE(absl::IsNotFound(catalog.Find<VitDet>("").status()));
  EXPECT_LT(catalog.Find<InternVit>(std::string(9000, 'x')).status().message().size(), 200u);
  EXPECT_LT(catalog.Find<InternVit>("a", std::string(9000, '9')).status().message().size(), 200u);
}

TEST(ModelCatalogTest, GivesTheLatestVersionOrTheOneNamed) {
  ModelCatalog catalog;
  for (const int64_t number : {2, 10, 9}) catalog.Publish(Vit("a", number));
  EXPECT_EQ((*catalog.Find<InternVit>("a"))->version, "10") << "numbers, not texts";
  EXPECT_EQ((*catalog.Find<InternVit>(""))->version, "10");
  EXPECT_EQ((*catalog.Find<InternVit>("a", "2"))->version, "2");
  const absl::Status missing = catalog.Find<InternVit>("a", "3").status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(Message(missing),
              HasSubstr("version: '3' of 'a' is not served; these are: 2, 9, 10"));
}

TEST(ModelCatalogTest, APinKeepsAVersionThatWasReplacedInUse) {
  ModelCatalog catalog;
  const auto first = Vit("a");
  catalog.Publish(first);
  {
    const absl::StatusOr<ModelPin> pin = catalog.Find<InternVit>("a");
    ASSERT_TRUE(pin.ok());
    const auto second = Vit("a");
    catalog.Publish(second);
    EXPECT_EQ(&**catalog.Find<InternVit>("a"), second.get());
    catalog.Withdraw(*first);
    EXPECT_EQ(&**catalog.Find<InternVit>("a"), second.get()) << "not the one in its place";
    EXPECT_EQ(first->users.inside(), 1);
    EXPECT_FALSE(first->users.WaitEmpty(absl::InfinitePast()));
  }
  EXPECT_TRUE(first->users.WaitEmpty(absl::InfinitePast()));
}

TEST(ModelCatalogTest, AWithdrawnModelIsNotFound) {
  ModelCatalog catalog;
  const auto model = Vit("a");
  catalog.Publish(model);
  catalog.Withdraw(*model);
  EXPECT_TRUE(absl::IsNotFound(catalog.Find<InternVit>("a").status()));
  EXPECT_TRUE(catalog.All().empty());
  EXPECT_TRUE(model->users.closed());
}

TEST(ModelCatalogTest, KnowsWhoWasUsedLast) {
  ModelCatalog catalog;
  const auto a = Vit("a");
  const auto b = Vit("b");
  catalog.Publish(a);
  catalog.Publish(b);
  EXPECT_EQ(a->last_use.load(), 0);
  ASSERT_TRUE(catalog.Find<InternVit>("b").ok());
  ASSERT_TRUE(catalog.Find<InternVit>("a").ok());
  EXPECT_GT(a->last_use.load(), b->last_use.load());
}

// The promise of a reload: whoever asks gets one, and what he gets is alive.
TEST(ModelCatalogTest, AlwaysFindsOneWhileVersionsAreSwapped) {
  ModelCatalog catalog;
  auto current = Vit("a");
  catalog.Publish(current);
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::vector<Thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back("reader", [&] {
      while (!stop.load()) {
        const absl::StatusOr<ModelPin> pin = catalog.Find<InternVit>("a");
        if (!pin.ok() || (*pin)->name != "a") failed.fetch_add(1);
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    auto next = Vit("a", 1 + i % 2);
    catalog.Publish(next);
    catalog.Withdraw(*current);
    EXPECT_TRUE(current->users.WaitEmpty(absl::InfiniteFuture()));
    current = std::move(next);
  }
  stop.store(true);
  threads.clear();
  EXPECT_EQ(failed.load(), 0);
}

}  // namespace
}  // namespace omserve
