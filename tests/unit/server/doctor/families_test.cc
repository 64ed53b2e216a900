// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/server/doctor/described_oms.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FamiliesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "omserve_families_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void WriteLines(const std::string& name, int lines) const {
    std::ofstream file(folder_ + "/" + name);
    for (int i = 0; i < lines; ++i) file << "line " << i << "\n";
  }
  DescribedOm Om(const std::string& stem, std::vector<ModelTensor> inputs,
                 std::vector<ModelTensor> outputs) const {
    return TestOm(folder_ + "/" + stem + ".om", std::move(inputs), std::move(outputs));
  }

  // Two levels of 8 channels, 3 anchors, 5 classes.
  std::vector<DescribedOm> VitDet() const {
    const Shape p2 = {8, 16, 16}, p3 = {8, 8, 8};
    return {Om("a", {TestTensor("image", {3, 64, 64})},
               {TestTensor("c:0:p2", p2), TestTensor("c:0:p3", p3)}),
            Om("b", {TestTensor("p2", p2), TestTensor("p3", p3)},
               {TestTensor("x:0:s2", {3, 16, 16}), TestTensor("x:0:s3", {3, 8, 8}),
                TestTensor("x:0:d2", {12, 16, 16}), TestTensor("x:0:d3", {12, 8, 8})}),
            Om("c", {TestTensor("f", {8, 7, 7})}, {TestTensor("s", {6}), TestTensor("d", {20})}),
            Om("d", {TestTensor("f", {8, 14, 14})}, {TestTensor("m", {5, 28, 28})})};
  }

  std::string folder_;
};

TEST_F(FamiliesTest, VitDetIsToldByItsShapesWhateverTheFilesAreCalled) {
  WriteLines("labels.txt", 5);
  const auto oms = VitDet();
  const auto draft = DraftVitDet(Pointers(oms));
  ASSERT_TRUE(draft.has_value());
  ASSERT_THAT(draft->manifest.stages(), SizeIs(4));
  EXPECT_EQ(draft->manifest.stages(1).name(), "rpn");
  EXPECT_EQ(draft->manifest.stages(1).om_file(), folder_ + "/b.om");
  EXPECT_THAT(draft->manifest.stages(0).outputs(), ElementsAre("p2", "p3"));
  EXPECT_EQ(draft->manifest.vitdet().image_size(), 64);
  EXPECT_EQ(draft->manifest.vitdet().num_classes(), 5);
  EXPECT_THAT(draft->manifest.vitdet().strides(), ElementsAre(4, 8));
  EXPECT_EQ(draft->manifest.labels_file(), folder_ + "/labels.txt");
}

TEST_F(FamiliesTest, VitDetNeedsAllFourStages) {
  for (size_t missing = 0; missing < 4; ++missing) {
    auto oms = VitDet();
    oms.erase(oms.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_FALSE(DraftVitDet(Pointers(oms)).has_value()) << missing;
  }
  auto oms = VitDet();
  oms[3].info.outputs[0].shape[1] = 6;  // masks of another number of classes
  EXPECT_FALSE(DraftVitDet(Pointers(oms)).has_value());
}

TEST_F(FamiliesTest, OfTwoThatFitTheNameDecides) {
  auto oms = VitDet();
  oms.push_back(oms[3]);
  oms.back().path = folder_ + "/roi_mask.om";
  const auto draft = DraftVitDet(Pointers(oms));
  ASSERT_TRUE(draft.has_value());
  EXPECT_EQ(draft->manifest.stages(3).om_file(), folder_ + "/roi_mask.om");
  EXPECT_THAT(draft->om_paths, SizeIs(4));
}

TEST_F(FamiliesTest, PpOcrNeedsTheDictionaryThatFits) {
  const std::vector<DescribedOm> oms = {
      Om("det", {TestTensor("x", {3, 64, 96})}, {TestTensor("y", {1, 64, 96})}),
      Om("rec", {TestTensor("x", {3, 48, 320})}, {TestTensor("y", {40, 97})}),
      Om("rec_again", {TestTensor("x", {3, 48, 320})}, {TestTensor("y", {40, 97})}),
      Om("dir", {TestTensor("x", {3, 48, 192})}, {TestTensor("y", {2})})};
  std::string missing;
  EXPECT_FALSE(DraftPpOcr(Pointers(oms), missing).has_value());
  EXPECT_THAT(missing, HasSubstr("dictionary"));
  EXPECT_THAT(missing, HasSubstr("95 lines"));
  WriteLines("en_dict.txt", 95);
  const auto draft = DraftPpOcr(Pointers(oms), missing);
  ASSERT_TRUE(draft.has_value());
  ASSERT_THAT(draft->manifest.stages(), SizeIs(3));
  EXPECT_EQ(draft->manifest.stages(0).name(), "det_64x96");
  EXPECT_EQ(draft->manifest.stages(1).name(), "rec_320");
  EXPECT_EQ(draft->manifest.stages(2).name(), "cls");
  EXPECT_EQ(draft->manifest.ppocr().dictionary_file(), folder_ + "/en_dict.txt");
  EXPECT_FALSE(draft->manifest.ppocr().has_use_space_char());
  EXPECT_THAT(draft->om_paths, SizeIs(3));  // not the second of one width
}

TEST_F(FamiliesTest, InternVitIsToldByItsTokens) {
  const DescribedOm vit =
      Om("vit", {TestTensor("x", {3, 28, 28})}, {TestTensor("h", {17, 32}), TestTensor("l", {10})});
  const auto draft = DraftInternVit(vit);
  ASSERT_TRUE(draft.has_value());
  EXPECT_EQ(draft->manifest.internvit().image_size(), 28);
  EXPECT_EQ(draft->manifest.internvit().num_classes(), 10);
  EXPECT_THAT(draft->to_fill, ElementsAre(HasSubstr("no file with 10 labels")));
  EXPECT_FALSE(DraftInternVit(Om("no", {TestTensor("x", {3, 28, 28})}, {TestTensor("h", {18, 32})}))
                   .has_value());
  EXPECT_FALSE(DraftInternVit(Om("no", {TestTensor("x", {3, 30, 30})}, {TestTensor("h", {17, 32})}))
                   .has_value());
}

TEST_F(FamiliesTest, AClassifierNeedsAsManyLabels) {
  const DescribedOm net =
      Om("net", {TestTensor("x", {3, 32, 24})}, {TestTensor("Softmax_3:0:y", {7})});
  PipelineDraft draft = DraftSingle(net);
  EXPECT_EQ(draft.kind(), "tensor");
  EXPECT_THAT(draft.reasons, ElementsAre(HasSubstr("7 classes, but no file")));
  WriteLines("labels.txt", 8);
  EXPECT_THAT(DraftSingle(net).reasons, ElementsAre(HasSubstr("labels.txt has 8")));
  WriteLines("net.txt", 7);
  draft = DraftSingle(net);
  ASSERT_EQ(draft.kind(), "classify");
  EXPECT_EQ(draft.manifest.classify().width(), 24);
  EXPECT_EQ(draft.manifest.classify().height(), 32);
  EXPECT_EQ(draft.manifest.classify().num_classes(), 7);
  EXPECT_TRUE(draft.manifest.classify().probabilities());
  EXPECT_THAT(draft.to_fill, ::testing::Contains(HasSubstr("mean and std")));
}

TEST_F(FamiliesTest, AnInputOfBytesIsNormalisedByTheModel) {
  WriteLines("labels.txt", 3);
  const PipelineDraft draft = DraftSingle(
      Om("net", {TestTensor("x", {32, 24, 3}, DType::kUint8)}, {TestTensor("y", {3, 1, 1})}));
  ASSERT_EQ(draft.kind(), "classify");
  EXPECT_TRUE(draft.manifest.classify().raw_pixels());
  EXPECT_EQ(draft.manifest.classify().mean_size(), 0);
  EXPECT_EQ(draft.manifest.classify().height(), 32);
}

TEST_F(FamiliesTest, AnythingElseIsTensors) {
  WriteLines("labels.txt", 3);
  const auto why = [](const DescribedOm& om) {
    const PipelineDraft draft = DraftSingle(om);
    EXPECT_EQ(draft.kind(), "tensor");
    return draft.reasons.at(0);
  };
  const ModelTensor picture = TestTensor("x", {3, 32, 32});
  const ModelTensor scores = TestTensor("y", {3});
  EXPECT_THAT(why(Om("m", {picture, picture}, {scores})), HasSubstr("2 inputs"));
  EXPECT_THAT(why(Om("m", {TestTensor("x", {256})}, {scores})), HasSubstr("none of pictures"));
  EXPECT_THAT(why(Om("m", {TestTensor("x", {3, 4, 4})}, {scores})), HasSubstr("none of pictures"));
  EXPECT_THAT(why(Om("m", {TestTensor("x", {3, 32, 32}, DType::kFloat16)}, {scores})),
              HasSubstr("none of pictures"));
  EXPECT_THAT(why(Om("m", {picture}, {TestTensor("y", {3, 2})})), HasSubstr("no row of scores"));
  EXPECT_THAT(why(Om("m", {picture}, {TestTensor("y", {3}, DType::kInt32)})),
              HasSubstr("no row of scores"));
}

TEST_F(FamiliesTest, FamiliesWithoutAPipelineAreNamed) {
  const DescribedOm text =
      Om("text", {TestTensor("input_ids", {16}, DType::kInt64)}, {TestTensor("y", {16, 256})});
  EXPECT_EQ(FindUnservedFamily(text).name, "GroundingDINO");
  const DescribedOm head =
      Om("head", {TestTensor("feature", {8}), TestTensor("lidar2img", {6, 16})},
         {TestTensor("pred_anchor", {900, 11})});
  EXPECT_EQ(FindUnservedFamily(head).name, "Sparse4D");
  EXPECT_THAT(DraftSingle(head).reasons, ElementsAre(HasSubstr("Sparse4D, which is no pipeline")));
  EXPECT_EQ(FindUnservedFamily(VitDet()[0]).name, "");
}

}  // namespace
}  // namespace omserve
