// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
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

// y of x = {1, 2, 3, 4} * scale under these options of atc.
class AtcPrecisionTest : public AtcTest {
 protected:
  std::vector<float> Results(const std::string& onnx, const std::string& options,
                             const std::vector<float>& values) {
    const std::string path = WriteFile("precision.onnx", onnx);
    const Outcome outcome = RunAtc("--model=" + path + " --output=" + output_ + " " + options);
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    std::remove(path.c_str());
    uint32_t id = 0;
    EXPECT_EQ(aclmdlLoadFromFile((output_ + ".om").c_str(), &id), ACL_SUCCESS) << Message();
    void* x = Device(16);
    void* y = Device(16);
    ToDevice(x, values);
    EXPECT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}})), ACL_SUCCESS)
        << Message();
    return ToHost(y, 4);
  }
};

TEST_F(AtcPrecisionTest, EachModeRoundsItsWay) {
  // The weight 1.0001 is 1 in fp16 and bfloat16; 2049 and 259 are ties.
  const std::string onnx = LinearOnnx(1, 4, 1.0001f, 0);
  const std::vector<float> values = {1, 2049, 259, 70000};
  const float large = 70000;
  EXPECT_EQ(Results(onnx, "--precision_mode_v2=origin", values),
            (std::vector<float>{1.0001f, 2049 * 1.0001f, 259 * 1.0001f, large * 1.0001f}));
  EXPECT_EQ(Results(onnx, "--soc_version=Ascend310P3", values),
            (std::vector<float>{1, 2048, 259, 65504}));
  EXPECT_EQ(Results(onnx, "--soc_version=Ascend910B3", values)[3],
            std::numeric_limits<float>::infinity());
  EXPECT_EQ(
      Results(onnx, "--precision_mode=allow_mix_precision_bf16 --soc_version=Ascend910B3", values),
      (std::vector<float>{1, 2048, 260, 70144}));
  // Neither a multiplication nor an addition is work of the matrix unit.
  EXPECT_EQ(Results(onnx, "--precision_mode_v2=cube_fp16in_fp32out", values)[1], 2049 * 1.0001f);
}

TEST_F(AtcPrecisionTest, KeptNodesKeepTheirWeights) {
  const std::string keep = WriteFile("keep.txt", "Mul\n");
  const std::vector<float> results =
      Results(LinearOnnx(1, 4, 1.25f + 0x1p-12f, 1.25f + 0x1p-12f),
              "--precision_mode_v2=fp16 --keep_dtype=" + keep, {0, 1, 4096, 0});
  EXPECT_EQ(results[0], 1.25f);  // the addition's weight is rounded
  EXPECT_EQ(results[2], 5124);   // 4096 * (1.25 + 2^-12) + 1.25, and then fp16's steps of four
  std::remove(keep.c_str());
}

TEST_F(AtcPrecisionTest, CubeModeRoundsWhatTheMatrixUnitReads) {
  // y = x * w with w the 4 x 4 identity times 1.0001: a MatMul.
  std::string raw(16 * sizeof(float), '\0');
  for (size_t i = 0; i < 4; ++i) {
    const float value = 1.0001f;
    std::memcpy(raw.data() + i * 5 * sizeof value, &value, sizeof value);
  }
  const std::string weights =
      ProtoWriter().Number(1, 4).Number(1, 4).Number(2, 1).Bytes(8, "w").Bytes(9, raw).str();
  const std::string graph = ProtoWriter()
                                .Bytes(1, OnnxNode("MatMul", {"x", "w"}, "y"))
                                .Bytes(2, "g")
                                .Bytes(5, weights)
                                .Bytes(11, OnnxTensor("x", {1, 4}))
                                .Bytes(12, OnnxTensor("y", {1, 4}))
                                .str();
  const std::string onnx =
      ProtoWriter().Number(1, 8).Bytes(7, graph).Bytes(8, ProtoWriter().Number(2, 13).str()).str();
  EXPECT_EQ(Results(onnx, "--precision_mode_v2=cube_fp16in_fp32out", {1, 2049, 3, 0x1p-25f}),
            (std::vector<float>{1, 2048, 3, 0}));
  EXPECT_EQ(Results(onnx, "--precision_mode_v2=origin", {1, 2, 3, 4})[0], 1.0001f);
}

TEST_F(AtcTest, HalfInputsAndSingleOutputTypes) {
  const Outcome outcome =
      RunAtc(Base() + " --input_shape=x:1,4 --input_fp16_nodes=x --output_type=Add:0:FP16");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  uint32_t id = 0;
  ASSERT_EQ(aclmdlLoadFromFile((output_ + ".om").c_str(), &id), ACL_SUCCESS) << Message();
  aclmdlDesc* desc = aclmdlCreateDesc();
  ASSERT_EQ(aclmdlGetDesc(desc, id), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetInputDataType(desc, 0), ACL_FLOAT16);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc, 0), 8u);
  EXPECT_EQ(aclmdlGetOutputDataType(desc, 0), ACL_FLOAT16);
  void* x = Device(8);
  void* y = Device(8);
  const aclFloat16 halves[4] = {aclFloatToFloat16(1), aclFloatToFloat16(2), aclFloatToFloat16(3),
                                aclFloatToFloat16(4)};
  ASSERT_EQ(aclrtMemcpy(x, 8, halves, 8, ACL_MEMCPY_HOST_TO_DEVICE), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 8}}), DatasetOf({{y, 8}})), ACL_SUCCESS) << Message();
  aclFloat16 results[4] = {};
  ASSERT_EQ(aclrtMemcpy(results, 8, y, 8, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
  EXPECT_EQ(aclFloat16ToFloat(results[3]), 9.0f);
}

TEST_F(AtcTest, OutNodesReplaceTheOutputs) {
  const Outcome outcome = RunAtc(Base() + " --input_shape=x:1,4 --out_nodes=Mul:0");
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  uint32_t id = 0;
  ASSERT_EQ(aclmdlLoadFromFile((output_ + ".om").c_str(), &id), ACL_SUCCESS) << Message();
  void* x = Device(16);
  void* y = Device(16);
  ToDevice(x, {1, 2, 3, 4});
  ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}})), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{2, 4, 6, 8}));
}

TEST_F(AtcTest, ExternalDataEndsUpInTheFile) {
  const std::string data = WriteFile("w.bin", "");
  const auto entry = [](const std::string& key, const std::string& value) {
    return ProtoWriter().Bytes(1, key).Bytes(2, value).str();
  };
  const std::string file_name = std::filesystem::path(data).filename();
  float scale = 3;
  std::ofstream(data, std::ios::binary)
      << std::string(64, '\0') << std::string(reinterpret_cast<const char*>(&scale), sizeof scale);
  const std::string weight = ProtoWriter()
                                 .Number(2, 1)
                                 .Bytes(8, "scale")
                                 .Bytes(13, entry("location", file_name))
                                 .Bytes(13, entry("offset", "64"))
                                 .Bytes(13, entry("length", "4"))
                                 .Number(14, 1)
                                 .str();
  const std::string graph = ProtoWriter()
                                .Bytes(1, OnnxNode("Mul", {"x", "scale"}, "y"))
                                .Bytes(2, "g")
                                .Bytes(5, weight)
                                .Bytes(11, OnnxTensor("x", {1, 4}))
                                .Bytes(12, OnnxTensor("y", {1, 4}))
                                .str();
  const std::string onnx = WriteFile(
      "external.onnx",
      ProtoWriter().Number(1, 8).Bytes(7, graph).Bytes(8, ProtoWriter().Number(2, 13).str()).str());
  const std::string command = "--model=" + onnx + " --output=" + output_;
  Outcome outcome = RunAtc(command);
  ASSERT_EQ(outcome.status, 0) << outcome.text;
  std::remove(data.c_str());
  uint32_t id = 0;
  ASSERT_EQ(aclmdlLoadFromFile((output_ + ".om").c_str(), &id), ACL_SUCCESS) << Message();
  void* x = Device(16);
  void* y = Device(16);
  ToDevice(x, {1, 2, 3, 4});
  ASSERT_EQ(aclmdlExecute(id, DatasetOf({{x, 16}}), DatasetOf({{y, 16}})), ACL_SUCCESS);
  EXPECT_EQ(ToHost(y, 4), (std::vector<float>{3, 6, 9, 12}));
  outcome = RunAtc(command);  // its data file is gone now
  EXPECT_NE(outcome.status, 0);
  EXPECT_NE(outcome.text.find(file_name + " is not there"), std::string::npos) << outcome.text;
  std::remove(onnx.c_str());
}

TEST_F(AtcTest, UnsupportedOperatorsAndBadShapesNameTheNode) {
  const auto broken = [&](const std::string& node) {
    const std::string graph = ProtoWriter()
                                  .Bytes(1, node)
                                  .Bytes(2, "g")
                                  .Bytes(5, OnnxScalar("scale", 1))
                                  .Bytes(11, OnnxTensor("x", {1, 4}))
                                  .Bytes(11, OnnxTensor("z", {1, 3}))
                                  .Bytes(12, OnnxTensor("y", {1, 4}))
                                  .str();
    const std::string path =
        WriteFile("broken.onnx", ProtoWriter()
                                     .Number(1, 8)
                                     .Bytes(7, graph)
                                     .Bytes(8, ProtoWriter().Number(2, 13).str())
                                     .str());
    const Outcome outcome = RunAtc("--model=" + path + " --output=" + output_);
    EXPECT_NE(outcome.status, 0);
    EXPECT_FALSE(std::filesystem::exists(output_ + ".om"));
    EXPECT_EQ(outcome.text.find("src/"), std::string::npos) << outcome.text;
    std::remove(path.c_str());
    return outcome.text;
  };
  const std::string unknown =
      broken(ProtoWriter().Bytes(1, "x").Bytes(2, "y").Bytes(3, "trick").Bytes(4, "Conjure").str());
  EXPECT_NE(unknown.find("Conjure (node trick)"), std::string::npos) << unknown;
  const std::string shapes = broken(ProtoWriter()
                                        .Bytes(1, "x")
                                        .Bytes(1, "z")
                                        .Bytes(2, "y")
                                        .Bytes(3, "sum")
                                        .Bytes(4, "Add")
                                        .str());
  EXPECT_NE(shapes.find("node sum (Add)"), std::string::npos) << shapes;
}

TEST_F(AtcTest, ReportAloneCompilesNothing) {
  const Outcome text = RunAtc("--model=" + onnx_ + " --soc_version=Ascend910B3 --op_report=-");
  EXPECT_EQ(text.status, 0);
  EXPECT_NE(text.text.find("all 2 operators run on the AI Core of Ascend910B3"), std::string::npos)
      << text.text;
  const std::string json = output_ + ".json";
  EXPECT_EQ(RunAtc("--model=" + onnx_ + " --op_report=" + json).status, 0);
  std::ifstream file(json);
  std::string first;
  EXPECT_TRUE(std::getline(file, first));
  EXPECT_FALSE(std::filesystem::exists(output_ + ".om"));
  std::remove(json.c_str());
}

TEST_F(AtcTest, HelpAndNotes) {
  EXPECT_EQ(RunAtc("--help").status, 0);
  EXPECT_NE(RunAtc("--help").text.find("--precision_mode_v2"), std::string::npos);
  const std::string noted = Base() + " --input_shape=x:1,4 --auto_tune_mode=RL";
  EXPECT_NE(RunAtc(noted).text.find("--auto_tune_mode has no effect"), std::string::npos);
  EXPECT_EQ(RunAtc(noted + " --log=error").text.find("auto_tune_mode"), std::string::npos);
  EXPECT_EQ(RunAtc("--model=/nonexistent.onnx --output=x --log=null").text, "");
}

TEST_F(AtcTest, AFullOrMissingFolderLeavesNothing) {
  const Outcome outcome =
      RunAtc("--model=" + onnx_ + " --input_shape=x:1,4 --output=/nonexistent/folder/x");
  EXPECT_NE(outcome.status, 0);
  EXPECT_NE(outcome.text.find("cannot write /nonexistent/folder/x.om"), std::string::npos)
      << outcome.text;
}

TEST_F(AtcTest, WrongRequestsFailWithAReason) {
  for (const auto& [arguments, reason] :
       {std::pair<std::string, std::string>{Base() + " --magic=1", "unknown option"},
        {Base() + " --framework=3", "ONNX"},
        {Base(), "--input_shape"},
        {Base() + " --input_shape=x:1,4 --dynamic_batch_size=1,2", "batch of -1"},
        {Base() + " --input_shape=x:-1,4 --dynamic_batch_size=1", "2 to 100"},
        {Base() + " --input_shape=z:1,4", "--input_shape"},
        {Base() + " --input_shape=x:1,4 --precision_mode_v2=int1", "precision_mode_v2"},
        {Base() + " --input_shape=x:1,4 --precision_mode_v2=mixed_bfloat16",
         "Ascend310P3 has no bfloat16"},
        {"--model=/nonexistent.onnx --output=" + output_, "cannot read"},
        {"--output=" + output_, "--model"}}) {
    const Outcome outcome = RunAtc(arguments);
    EXPECT_EQ(outcome.status, 1 << 8) << arguments;
    EXPECT_NE(outcome.text.find(reason), std::string::npos) << arguments << "\n" << outcome.text;
  }
}

}  // namespace
}  // namespace hostacl::testing
