// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/om_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/hostacl/tiny_onnx.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

class OmFactsTest : public ::testing::Test {
 protected:
  void TearDown() override { unlink(path_.c_str()); }
  absl::StatusOr<OmFacts> Read(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return ReadOmFacts(path_);
  }
  // A card's file: header, and a body with 'text' at 'at'.
  static std::string CardOm(size_t size, const std::string& text, size_t at) {
    std::string bytes(256 + size, '\0');
    bytes.replace(0, 4, "IMOD");
    const auto length = static_cast<uint32_t>(size);
    bytes.replace(76, 4, std::string(reinterpret_cast<const char*>(&length), 4));
    return bytes.replace(256 + at, text.size(), text);
  }
  static std::string SmallOm() { return hostacl::testing::LinearOm({.gears = {1}, .width = 3}); }
  const std::string path_ =
      ::testing::TempDir() + "/omserve_" + std::to_string(getpid()) + "_facts.om";
};

TEST_F(OmFactsTest, TellsHostaclsFiles) {
  const std::string om = hostacl::testing::LinearOm({.gears = {1, 4}, .width = 3});
  const auto facts = Read(om);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_TRUE(facts->of_hostacl);
  EXPECT_EQ(facts->bytes, om.size());
}

TEST_F(OmFactsTest, FindsTheChipOfACardsFile) {
  const auto facts = Read(CardOm(2000, "soc=Ascend310P3;", 1000));
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_FALSE(facts->of_hostacl);
  EXPECT_EQ(facts->chip, "Ascend310P3");
}

TEST_F(OmFactsTest, FindsAChipAcrossBlocks) {
  constexpr size_t kBlock = 1 << 20;
  for (const size_t at : {kBlock - 5, kBlock - 256, kBlock - 260, 2 * kBlock - 261}) {
    const auto facts = Read(CardOm(3 * kBlock, "Ascend910B3 ", at));
    ASSERT_TRUE(facts.ok()) << facts.status();
    EXPECT_EQ(facts->chip, "Ascend910B3") << at;
  }
}

TEST_F(OmFactsTest, NoChipIsNoError) {
  const auto facts = Read(CardOm(100, "AscendCL", 10));
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->chip, "");
}

TEST_F(OmFactsTest, RefusesWhatIsNoOm) {
  EXPECT_EQ(Read(std::string(300, 'x')).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Read("IMOD").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Read("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadOmFacts("/nowhere/a.om").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(OmFactsTest, RefusesAFileThatIsCutOff) {
  for (const std::string& whole : {CardOm(2000, "", 0), SmallOm()}) {
    ASSERT_TRUE(Read(whole).ok());
    const auto cut = Read(whole.substr(0, whole.size() - 1));
    EXPECT_EQ(cut.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(cut.status().message()), HasSubstr("cut off"));
  }
}

TEST(ChipNameTest, TakesWholeNamesOnly) {
  EXPECT_EQ(ChipNameIn("x Ascend910_9391,"), "Ascend910_9391");
  EXPECT_EQ(ChipNameIn("Ascend AscendC Ascend310B4 "), "Ascend310B4");
  EXPECT_EQ(ChipNameIn("Ascend910B4-1\n"), "Ascend910B4-1");
  EXPECT_EQ(ChipNameIn("Ascend910"), "");
  EXPECT_EQ(ChipNameIn("Ascend9" + std::string(100, '1') + " "), "");
  EXPECT_EQ(ChipNameIn(""), "");
}

}  // namespace
}  // namespace omserve
