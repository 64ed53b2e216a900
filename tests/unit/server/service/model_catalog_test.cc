// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/model_catalog.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace omserve {
namespace {

std::unique_ptr<ServedModel> Vit(const std::string& name) {
  return std::unique_ptr<ServedModel>(
      new ServedModel{name, "1", {}, {"internvit"}, *InternVit::Create({}), nullptr, {}, {}});
}

TEST(ModelCatalogTest, FindsByNameAndTheOnlyOneWithoutAName) {
  ModelCatalog catalog;
  ASSERT_TRUE(catalog.Add(Vit("a")).ok());
  EXPECT_EQ((*catalog.Find<InternVit>("a"))->name, "a");
  EXPECT_EQ((*catalog.Find<InternVit>(""))->name, "a");
  ASSERT_TRUE(catalog.Add(Vit("b")).ok());
  EXPECT_EQ(catalog.All().size(), 2u);
  EXPECT_EQ(catalog.Find<InternVit>("").status(),
            absl::InvalidArgumentError("model: must be one of a, b"));
}

TEST(ModelCatalogTest, NamesWhatIsThere) {
  ModelCatalog catalog;
  ASSERT_TRUE(catalog.Add(Vit("a")).ok());
  EXPECT_EQ(catalog.Find<InternVit>("x").status(),
            absl::NotFoundError("model: 'x' is not served; these are: a"));
  EXPECT_TRUE(absl::IsInvalidArgument(catalog.Find<VitDet>("a").status()));
  EXPECT_TRUE(absl::IsNotFound(catalog.Find<VitDet>("").status()));
  EXPECT_LT(catalog.Find<InternVit>(std::string(9000, 'x')).status().message().size(), 200u);
}

TEST(ModelCatalogTest, RefusesANameTwice) {
  ModelCatalog catalog;
  ASSERT_TRUE(catalog.Add(Vit("a")).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(catalog.Add(Vit("a"))));
}

}  // namespace
}  // namespace omserve
