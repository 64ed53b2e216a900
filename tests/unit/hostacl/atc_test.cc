// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "acl_fixture.h"

namespace hostacl::testing {
namespace {

struct Outcome {
  int status = -1;
  std::string text;
};

Outcome RunAtc(const std::string& arguments) {
  Outcome outcome;
  FILE* pipe = popen((std::string(OMSERVE_ATC) + " " + arguments + " 2>&1").c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  char part[512];
  while (fgets(part, sizeof part, pipe) != nullptr) outcome.text += part;
  outcome.status = pclose(pipe);
  return outcome;
}

class AtcTest : public AclTest {
 protected:
  void SetUp() override {
    AclTest::SetUp();
    onnx_ = WriteFile("dynamic.onnx", LinearOnnx(0, 4, 2, 1));
    output_ = ::testing::TempDir() + "/atc_" + std::to_string(getpid());
  }
  void TearDown() override {
    std::remove(onnx_.c_str());
    std::remove((output_ + ".om").c_str());
    AclTest::TearDown();
  }
  std::string Base() const { return "--framework=5 --model=" + onnx_ + " --output=" + output_; }

  std::string onnx_;
  std::string output_;
};

TEST_F(AtcTest, GearModelRunsOnTheDevice) {
  const Outcome outcome = RunAtc(Base() +
                                 " --soc_version Ascend310P3 --input_format=ND "
                                 "--input_shape=\"x:-1,4\" --dynamic_batch_size=\"4,1,2\" "
                                 "--precision_mode_v2=origin --log=error");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  EXPECT_NE(outcome.text.find("ATC run success"), std::string::npos);
  uint32_t id = 0;
  ASSERT_EQ(aclmdlLoadFromFile((output_ + ".om").c_str(), &id), ACL_SUCCESS) << Message();
  aclmdlDesc* desc = aclmdlCreateDesc();
  ASSERT_EQ(aclmdlGetDesc(desc, id), ACL_SUCCESS);
  EXPECT_STREQ(aclmdlGetInputNameByIndex(desc, 0), "x");
  EXPECT_NE(std::string(aclmdlGetOutputNameByIndex(desc, 0)).find(":0:y"), std::string::npos);
  aclmdlBatch batch;
  ASSERT_EQ(aclmdlGetDynamicBatch(desc, &batch), ACL_SUCCESS);
  ASSERT_EQ(batch.batchCount, 3u);
  EXPECT_EQ(batch.batch[0], 1u);
  void* x = Device(64);
  void* y = Device(64);
  aclmdlDataset* input = DatasetOf({{x, 64}, {Device(8), 8}});
  ToDevice(x, std::vector<float>(8, 3));
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id, input, 1, 2), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecute(id, input, DatasetOf({{y, 64}})), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost(y, 8), std::vector<float>(8, 7));
}

TEST_F(AtcTest, HalfOutputsAreHalf) {
  const Outcome outcome = RunAtc(Base() + " --input_shape=x:1,4 --output_type=FP16");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  uint32_t id = 0;
  ASSERT_EQ(aclmdlLoadFromFile((output_ + ".om").c_str(), &id), ACL_SUCCESS) << Message();
  aclmdlDesc* desc = aclmdlCreateDesc();
  ASSERT_EQ(aclmdlGetDesc(desc, id), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetOutputDataType(desc, 0), ACL_FLOAT16);
  EXPECT_EQ(aclmdlGetOutputSizeByIndex(desc, 0), 8u);
  void* x = Device(16);
  void* y = Device(8);
  ToDevice(x, {1, 2, 3, 4});
  ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), DatasetOf({{y, 8}})), ACL_SUCCESS);
  aclFloat16 halves[4] = {};
  ASSERT_EQ(aclrtMemcpy(halves, 8, y, 8, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  EXPECT_EQ(aclFloat16ToFloat(halves[3]), 9.0f);
}

TEST_F(AtcTest, WrongRequestsFailWithAReason) {
  for (const auto& [arguments, reason] :
       {std::pair<std::string, std::string>{Base() + " --magic=1", "unknown option"},
        {Base() + " --framework=3", "ONNX"},
        {Base(), "--input_shape"},
        {Base() + " --input_shape=x:-1,4", "--dynamic_batch_size"},
        {Base() + " --input_shape=x:1,4 --dynamic_batch_size=1,2", "batch of -1"},
        {Base() + " --input_shape=x:-1,4 --dynamic_batch_size=1", "2 to 100"},
        {Base() + " --input_shape=z:1,4", "--input_shape"},
        {Base() + " --input_shape=x:1,4 --precision_mode_v2=int1", "precision_mode_v2"},
        {"--model=/nonexistent.onnx --output=" + output_, "cannot read"},
        {"--output=" + output_, "--model"}}) {
    const Outcome outcome = RunAtc(arguments);
    EXPECT_EQ(outcome.status, 1 << 8) << arguments;
    EXPECT_NE(outcome.text.find(reason), std::string::npos) << arguments << "\n" << outcome.text;
  }
}

}  // namespace
}  // namespace hostacl::testing
