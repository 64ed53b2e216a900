// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Models whose shapes are told with each execution: -1 in --input_shape and no gears.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "acl_fixture.h"
#include "atc_runner.h"

namespace hostacl::testing {
namespace {

// y = x * 2 + 1, compiled with the shape x:-1~40,4 unless a test compiles another.
class OpenShapesTest : public AclTest {
 protected:
  void SetUp() override {
    AclTest::SetUp();
    onnx_ = WriteFile("open.onnx", LinearOnnx(0, 4, 2, 1));
    Compile("--input_shape=x:1~40,4");
    x_ = Device(1024);
    y_ = Device(1024);
    input_ = DatasetOf({{x_, 1024}});
    output_ = DatasetOf({{y_, 1024}});
  }
  void TearDown() override {
    aclmdlDestroyDesc(desc_);
    std::remove(onnx_.c_str());
    std::remove(Om().c_str());
    AclTest::TearDown();
  }
  std::string Om() const { return onnx_ + ".om"; }
  void Compile(const std::string& options) {
    const AtcOutcome outcome = RunAtcTool("--model=" + onnx_ + " --output=" + Om() + " " + options);
    ASSERT_EQ(outcome.status, 0) << outcome.text;
    EXPECT_NE(outcome.text.find("aclmdlSetDatasetTensorDesc"), std::string::npos) << outcome.text;
    ASSERT_EQ(aclmdlLoadFromFile(Om().c_str(), &id_), ACL_SUCCESS) << Message();
    if (desc_ == nullptr) desc_ = aclmdlCreateDesc();
    ASSERT_EQ(aclmdlGetDesc(desc_, id_), ACL_SUCCESS);
  }
  static void Tell(aclmdlDataset* dataset, const std::vector<int64_t>& dims) {
    aclTensorDesc* desc =
        aclCreateTensorDesc(ACL_FLOAT, static_cast<int>(dims.size()), dims.data(), ACL_FORMAT_ND);
    ASSERT_EQ(aclmdlSetDatasetTensorDesc(dataset, desc, 0), ACL_SUCCESS) << Message();
    aclDestroyTensorDesc(desc);
  }
  static std::vector<int64_t> Told(aclmdlDataset* dataset) {
    const aclTensorDesc* desc = aclmdlGetDatasetTensorDesc(dataset, 0);
    std::vector<int64_t> dims(desc == nullptr ? 0 : aclGetTensorDescNumDims(desc));
    for (size_t i = 0; i < dims.size(); ++i) {
      EXPECT_EQ(aclGetTensorDescDimV2(desc, i, &dims[i]), ACL_SUCCESS);
    }
    return dims;
  }
  aclError Run() { return aclmdlExecute(id_, input_, output_); }

  std::string onnx_;
  uint32_t id_ = 0;
  aclmdlDesc* desc_ = nullptr;
  void* x_ = nullptr;
  void* y_ = nullptr;
  aclmdlDataset* input_ = nullptr;
  aclmdlDataset* output_ = nullptr;
};

TEST_F(OpenShapesTest, TheDescriptionTellsDimsRangesAndSizes) {
  aclmdlIODims dims;
  ASSERT_EQ(aclmdlGetInputDims(desc_, 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dims[0], -1);
  EXPECT_EQ(dims.dims[1], 4);
  ASSERT_EQ(aclmdlGetOutputDims(desc_, 0, &dims), ACL_SUCCESS);
  EXPECT_EQ(dims.dims[0], -1);
  aclmdlIODimsRange range;
  ASSERT_EQ(aclmdlGetInputDimsRange(desc_, 0, &range), ACL_SUCCESS);
  ASSERT_EQ(range.rangeCount, 2u);
  EXPECT_EQ(range.range[0][0], 1);
  EXPECT_EQ(range.range[0][1], 40);
  EXPECT_EQ(range.range[1][1], 4);
  EXPECT_EQ(aclmdlGetNumInputs(desc_), 1u) << "no gear input";
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 0), 40u * 16) << "the most that the range allows";
  EXPECT_EQ(aclmdlGetOutputSizeByIndex(desc_, 0), 0u);
  Compile("--input_shape=x:-1,4");
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 0), 0u);
  ASSERT_EQ(aclmdlGetInputDimsRange(desc_, 0, &range), ACL_SUCCESS);
  EXPECT_EQ(range.range[0][1], -1);
}

// More shapes than are remembered, and back to the first.
TEST_F(OpenShapesTest, EachExecutionHasTheShapeThatItWasTold) {
  std::vector<int64_t> rows;
  for (int64_t row = 1; row <= 20; ++row) rows.push_back(row);
  rows.push_back(1);
  rows.push_back(20);
  for (const int64_t row : rows) {
    const auto count = static_cast<size_t>(row) * 4;
    ToDevice(x_, std::vector<float>(count, static_cast<float>(row)));
    Tell(input_, {row, 4});
    ASSERT_EQ(Run(), ACL_SUCCESS) << Message();
    EXPECT_EQ(ToHost(y_, count), std::vector<float>(count, static_cast<float>(row) * 2 + 1));
    EXPECT_EQ(Told(output_), (std::vector<int64_t>{row, 4}));
  }
}

TEST_F(OpenShapesTest, QueuedExecutionsKeepTheirShapes) {
  void* far = Device(1024);
  aclmdlDataset* second = DatasetOf({{far, 1024}});
  ToDevice(x_, std::vector<float>(12, 1));
  Tell(input_, {3, 4});
  ASSERT_EQ(aclmdlExecuteAsync(id_, input_, output_, stream_), ACL_SUCCESS) << Message();
  Tell(input_, {2, 4});
  ASSERT_EQ(aclmdlExecuteAsync(id_, input_, second, stream_), ACL_SUCCESS) << Message();
  EXPECT_EQ(aclmdlUnload(id_), ACL_ERROR_RT_MODEL_RUNNING);
  ASSERT_EQ(aclrtSynchronizeStream(stream_), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost(y_, 12), std::vector<float>(12, 3));
  EXPECT_EQ(ToHost(far, 8), std::vector<float>(8, 3));
  EXPECT_EQ(Told(output_), (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(Told(second), (std::vector<int64_t>{2, 4}));
  EXPECT_EQ(aclmdlUnload(id_), ACL_SUCCESS) << Message();
}

TEST_F(OpenShapesTest, TheSystemAllocatesAnOutputOfTheRightSize) {
  aclmdlDataset* output = DatasetOf({{nullptr, 0}});
  ToDevice(x_, std::vector<float>(20, 3));
  Tell(input_, {5, 4});
  ASSERT_EQ(aclmdlExecute(id_, input_, output), ACL_SUCCESS) << Message();
  aclDataBuffer* buffer = aclmdlGetDatasetBuffer(output, 0);
  EXPECT_EQ(aclGetDataBufferSizeV2(buffer), 80u);
  EXPECT_EQ(ToHost(aclGetDataBufferAddr(buffer), 20), std::vector<float>(20, 7));
  EXPECT_EQ(aclrtFree(aclGetDataBufferAddr(buffer)), ACL_SUCCESS);
}

TEST_F(OpenShapesTest, ShapesThatDoNotFitAreRefusedWithTheReason) {
  EXPECT_EQ(Run(), ACL_ERROR_GE_SHAPE_INVALID);
  EXPECT_NE(Message().find("aclmdlSetDatasetTensorDesc"), std::string::npos);
  for (const std::vector<int64_t>& dims :
       std::vector<std::vector<int64_t>>{{2, 5}, {4}, {2, 2, 4}, {41, 4}, {0, 4}, {-1, 4}}) {
    Tell(input_, dims);
    EXPECT_EQ(Run(), ACL_ERROR_GE_SHAPE_INVALID);
    EXPECT_NE(Message().find("input x"), std::string::npos) << Message();
  }
  Tell(input_, {40, 4});
  aclmdlDataset* small = DatasetOf({{y_, 512}});
  EXPECT_EQ(aclmdlExecute(id_, input_, small), ACL_ERROR_GE_PARAM_INVALID);
  EXPECT_NE(Message().find("640"), std::string::npos) << "the size that is needed: " << Message();
  EXPECT_EQ(aclmdlExecute(id_, DatasetOf({{x_, 1024}}), output_), ACL_ERROR_GE_SHAPE_INVALID)
      << "nothing was told";
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id_, input_, 0, 1), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  EXPECT_EQ(Run(), ACL_SUCCESS) << Message();
}

TEST_F(OpenShapesTest, ContradictionsAreRefusedByTheCompiler) {
  const auto refusal = [this](const std::string& options) {
    const AtcOutcome outcome = RunAtcTool("--model=" + onnx_ + " --output=" + Om() + " " + options);
    EXPECT_EQ(outcome.status, 1 << 8) << options;
    return outcome.text;
  };
  EXPECT_NE(refusal("--input_shape=x:1~4,4 --dynamic_batch_size=1,2").find("give one of the two"),
            std::string::npos);
  EXPECT_NE(refusal("--input_shape=x:-1,4 --soc_version=Ascend310B1").find("takes none"),
            std::string::npos);
  for (const char* range : {"4~1", "0~4", "~", "1~x", "1~4~5"}) {
    EXPECT_NE(refusal("--input_shape=x:" + std::string(range) + ",4").find("ranges like 1~64"),
              std::string::npos)
        << range;
  }
}

}  // namespace
}  // namespace hostacl::testing
