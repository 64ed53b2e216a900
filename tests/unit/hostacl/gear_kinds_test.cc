// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Image size gears, dims gears and AIPP, from atc to execution.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <numeric>
#include <string>

#include "acl_fixture.h"
#include "atc_runner.h"

namespace hostacl::testing {
namespace {

class GearKindsTest : public AclTest {
 protected:
  void TearDown() override {
    for (const std::string& path : paths_) std::remove(path.c_str());
    AclTest::TearDown();
  }

  // Compiles `onnx` and loads the result; `path_` has it afterwards.
  uint32_t Compile(const std::string& onnx, const std::string& options) {
    const std::string source = Keep(WriteFile(".onnx", onnx));
    const std::string output = ::testing::TempDir() + "/kinds_" + std::to_string(getpid());
    path_ = Keep(output + ".om");
    const AtcOutcome outcome =
        RunAtcTool("--framework=5 --precision_mode_v2=origin --model=" + source +
                   " --output=" + output + " " + options);
    EXPECT_EQ(outcome.status, 0) << outcome.text;
    uint32_t id = 0;
    EXPECT_EQ(aclmdlLoadFromFile(path_.c_str(), &id), ACL_SUCCESS) << Message();
    desc_ = aclmdlCreateDesc();
    EXPECT_EQ(aclmdlGetDesc(desc_, id), ACL_SUCCESS);
    return id;
  }

  std::string Refusal(const std::string& onnx, const std::string& options) {
    const std::string source = Keep(WriteFile(".onnx", onnx));
    const AtcOutcome outcome =
        RunAtcTool("--framework=5 --model=" + source + " --output=" + ::testing::TempDir() +
                   "/refused " + options);
    EXPECT_NE(outcome.status, 0) << options;
    return outcome.text;
  }

  std::string Keep(const std::string& path) {
    paths_.push_back(path);
    return path;
  }

  std::vector<int64_t> Dims(aclError (*get)(const aclmdlDesc*, size_t, aclmdlIODims*)) {
    const auto dims = std::make_unique<aclmdlIODims>();
    EXPECT_EQ(get(desc_, 0, dims.get()), ACL_SUCCESS) << Message();
    return std::vector<int64_t>(dims->dims, dims->dims + dims->dimCount);
  }

  static aclmdlIODims AllDims(const std::vector<int64_t>& values) {
    aclmdlIODims dims{};
    dims.dimCount = values.size();
    std::copy(values.begin(), values.end(), dims.dims);
    return dims;
  }

  std::string path_;
  aclmdlDesc* desc_ = nullptr;
  std::vector<std::string> paths_;
};

constexpr char kImage[] =
    "--input_format=NCHW --input_shape=x:1,2,-1,-1 --dynamic_image_size=\"2,2;4,2;2,8\"";

TEST_F(GearKindsTest, ImageSizesRun) {
  const uint32_t id = Compile(LinearOnnxOf({1, 2, 0, 0}, 2, 1), kImage);
  EXPECT_EQ(aclmdlGetNumInputs(desc_), 2u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 0), 2u * 2 * 8 * 4);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 1), 16u);  // room for two uint64
  EXPECT_EQ(aclmdlGetOutputSizeByIndex(desc_, 0), 2u * 2 * 8 * 4);
  EXPECT_EQ(aclmdlGetInputFormat(desc_, 0), ACL_FORMAT_NCHW);
  EXPECT_EQ(Dims(aclmdlGetInputDims), (std::vector<int64_t>{1, 2, -1, -1}));
  EXPECT_EQ(Dims(aclmdlGetOutputDims), (std::vector<int64_t>{1, 2, 2, 8}));
  EXPECT_EQ(Dims(aclmdlGetCurOutputDims), (std::vector<int64_t>{1, 2, 2, 8}));
  const auto sizes = std::make_unique<aclmdlHW>();
  ASSERT_EQ(aclmdlGetDynamicHW(desc_, static_cast<size_t>(-1), sizes.get()), ACL_SUCCESS);
  ASSERT_EQ(sizes->hwCount, 3u);
  EXPECT_EQ(sizes->hw[1][0], 4u);
  EXPECT_EQ(sizes->hw[1][1], 2u);
  const auto batch = std::make_unique<aclmdlBatch>();
  ASSERT_EQ(aclmdlGetDynamicBatch(desc_, batch.get()), ACL_SUCCESS);
  EXPECT_EQ(batch->batchCount, 0u);

  void* x = Device(128);
  void* y = Device(128);
  void* gear = Device(16);
  aclmdlDataset* input = DatasetOf({{x, 128}, {gear, 16}});
  aclmdlDataset* output = DatasetOf({{y, 128}});
  ToDevice(x, std::vector<float>(32, 3));
  EXPECT_EQ(aclmdlExecute(id, input, output), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  ASSERT_EQ(aclmdlSetDynamicHWSize(id, input, 1, 4, 2), ACL_SUCCESS) << Message();
  EXPECT_EQ(Dims(aclmdlGetCurOutputDims), (std::vector<int64_t>{1, 2, 4, 2}));
  ASSERT_EQ(aclmdlExecute(id, input, output), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost(y, 16), std::vector<float>(16, 7));
  uint8_t tail[64] = {};
  ASSERT_EQ(aclrtMemcpy(tail, 64, static_cast<char*>(y) + 64, 64, ACL_MEMCPY_DEVICE_TO_HOST),
            ACL_SUCCESS);
  for (const uint8_t byte : tail) EXPECT_EQ(byte, 0xCD);
}

TEST_F(GearKindsTest, TheBufferHoldsUint64OrUint32) {
  const uint32_t id = Compile(LinearOnnxOf({1, 2, 0, 0}, 2, 1), kImage);
  void* x = Device(128);
  void* y = Device(128);
  void* gear = Device(16);
  ToDevice(x, std::vector<float>(32, 1));
  for (const size_t size : {size_t{16}, size_t{8}, size_t{15}}) {
    aclmdlDataset* input = DatasetOf({{x, 128}, {gear, size}});
    ASSERT_EQ(aclmdlSetDynamicHWSize(id, input, 1, 2, 8), ACL_SUCCESS) << Message();
    uint32_t words[4] = {};
    ASSERT_EQ(aclrtMemcpy(words, 16, gear, 16, ACL_MEMCPY_DEVICE_TO_HOST), ACL_SUCCESS);
    EXPECT_EQ(words[0], 2u);
    EXPECT_EQ(words[1], size == 16 ? 0u : 8u);
    if (size == 16) {
      EXPECT_EQ(words[2], 8u);
    }
    EXPECT_EQ(aclmdlExecute(id, input, DatasetOf({{y, 128}})), ACL_SUCCESS) << Message();
  }
  EXPECT_EQ(aclmdlSetDynamicHWSize(id, DatasetOf({{x, 128}, {gear, 7}}), 1, 2, 8),
            ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID);
}

TEST_F(GearKindsTest, ImageSetterRefusesWhatIsWrong) {
  const uint32_t id = Compile(LinearOnnxOf({1, 2, 0, 0}, 2, 1), kImage);
  void* x = Device(128);
  aclmdlDataset* input = DatasetOf({{x, 128}, {Device(16), 16}});
  EXPECT_EQ(aclmdlSetDynamicHWSize(id, input, 1, 0, 2), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetDynamicHWSize(id, nullptr, 1, 2, 2), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetDynamicHWSize(id, input, 0, 2, 2), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlSetDynamicHWSize(id + 9, input, 1, 2, 2), ACL_ERROR_GE_EXEC_MODEL_ID_INVALID);
  EXPECT_EQ(aclmdlSetDynamicHWSize(id, input, 1, 2, 4), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  EXPECT_NE(Message().find("2,2; 4,2; 2,8"), std::string::npos);
  EXPECT_EQ(aclmdlSetDynamicBatchSize(id, input, 1, 2), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  EXPECT_EQ(aclmdlSetDynamicHWSize(id, DatasetOf({{x, 128}, {nullptr, 16}}), 1, 2, 2),
            ACL_ERROR_GE_DYNAMIC_INPUT_ADDR_INVALID);
  const uint32_t fixed = Load({});
  EXPECT_EQ(aclmdlSetDynamicHWSize(fixed, input, 1, 2, 2), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
}

constexpr char kDims[] =
    "--input_format=ND --input_shape=\"a:-1,-1;b:-1,3\" --dynamic_dims=\"1,2,2;2,4,4\"";

TEST_F(GearKindsTest, DimsOfTwoInputsRun) {
  const uint32_t id = Compile(ProductOnnx(3), kDims);
  EXPECT_EQ(aclmdlGetNumInputs(desc_), 3u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 0), 32u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 1), 48u);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 2), 24u);
  size_t gears = 0;
  EXPECT_EQ(aclmdlGetInputDynamicGearCount(desc_, 0, &gears), ACL_ERROR_INVALID_PARAM);
  const auto any = static_cast<size_t>(-1);
  ASSERT_EQ(aclmdlGetInputDynamicGearCount(desc_, any, &gears), ACL_SUCCESS);
  ASSERT_EQ(gears, 2u);
  std::vector<aclmdlIODims> list(2);
  EXPECT_EQ(aclmdlGetInputDynamicDims(desc_, any, list.data(), 1), ACL_ERROR_INVALID_PARAM);
  ASSERT_EQ(aclmdlGetInputDynamicDims(desc_, any, list.data(), 2), ACL_SUCCESS);
  ASSERT_EQ(list[1].dimCount, 4u);
  EXPECT_EQ(std::vector<int64_t>(list[1].dims, list[1].dims + 4),
            (std::vector<int64_t>{2, 4, 4, 3}));
  EXPECT_EQ(Dims(aclmdlGetOutputDims), (std::vector<int64_t>{2, 3}));

  void* a = Device(32);
  void* b = Device(48);
  void* y = Device(24);
  aclmdlDataset* input = DatasetOf({{a, 32}, {b, 48}, {Device(24), 24}});
  ToDevice(a, std::vector<float>(8, 1));
  ToDevice(b, std::vector<float>(12, 2));
  const aclmdlIODims& small = list[0];
  ASSERT_EQ(aclmdlSetInputDynamicDims(id, input, 2, &small), ACL_SUCCESS) << Message();
  EXPECT_EQ(Dims(aclmdlGetCurOutputDims), (std::vector<int64_t>{1, 3}));
  ASSERT_EQ(aclmdlExecute(id, input, DatasetOf({{y, 24}})), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost(y, 3), std::vector<float>(3, 4));
  ASSERT_EQ(aclmdlSetInputDynamicDims(id, input, 2, &list[1]), ACL_SUCCESS) << Message();
  ASSERT_EQ(aclmdlExecute(id, input, DatasetOf({{y, 24}})), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost(y, 6), std::vector<float>(6, 8));
}

TEST_F(GearKindsTest, DimsSetterRefusesWhatIsWrong) {
  const uint32_t id = Compile(ProductOnnx(3), kDims);
  aclmdlDataset* input = DatasetOf({{Device(32), 32}, {Device(48), 48}, {Device(24), 24}});
  const auto set = [&](const std::vector<int64_t>& values) {
    const aclmdlIODims dims = AllDims(values);
    return aclmdlSetInputDynamicDims(id, input, 2, &dims);
  };
  EXPECT_EQ(aclmdlSetInputDynamicDims(id, input, 2, nullptr), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(set({1, 2, 2}), ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID);  // static ones left out
  EXPECT_EQ(set({1, 2, 2, 4}), ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID);
  EXPECT_NE(Message().find("static 3 of input b"), std::string::npos);
  EXPECT_EQ(set({1, 2, 4, 3}), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  EXPECT_EQ(set({-1, 2, 2, 3}), ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID);
  aclmdlIODims huge{};
  huge.dimCount = 129;
  EXPECT_EQ(aclmdlSetInputDynamicDims(id, input, 2, &huge), ACL_ERROR_STORAGE_OVER_LIMIT);
}

TEST_F(GearKindsTest, OneGearBufferInTwoCallsIsFoundOut) {
  const uint32_t id = Compile(LinearOnnxOf({1, 2, 0, 0}, 2, 1), kImage);
  void* gear = Device(16);
  aclmdlDataset* first = DatasetOf({{Device(128), 128}, {gear, 16}});
  aclmdlDataset* second = DatasetOf({{Device(128), 128}, {gear, 16}});
  ASSERT_EQ(aclmdlSetDynamicHWSize(id, first, 1, 2, 2), ACL_SUCCESS);
  ASSERT_EQ(aclmdlSetDynamicHWSize(id, second, 1, 4, 2), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecuteAsync(id, first, DatasetOf({{Device(128), 128}}), stream_), ACL_SUCCESS);
  EXPECT_EQ(aclrtSynchronizeStream(stream_), ACL_ERROR_RT_MODEL_EXECUTE);
  EXPECT_NE(Message().find("enqueued at gear 2,2"), std::string::npos);
}

TEST_F(GearKindsTest, AtcNamesOptionAndGear) {
  const std::string onnx = ProductOnnx(3);
  EXPECT_NE(Refusal(onnx, "--input_shape=\"a:-1,-1;b:-1,3\" --dynamic_dims=\"1,2,2;2,4,5\"")
                .find("--dynamic_dims: the graph cannot take gear 2,4,5"),
            std::string::npos);
  EXPECT_NE(Refusal(onnx, "--dynamic_dims=\"1;2\" --dynamic_batch_size=1,2").find("exclude"),
            std::string::npos);
}

// What atc wrote, with its weights cut short or its graph spoilt, and the checksum made anew.
TEST_F(GearKindsTest, DamagedGraphIsRefusedAtLoad) {
  Compile(LinearOnnxOf({1, 2, 0, 0}, 2, 1), kImage);
  std::string bytes;
  ASSERT_EQ(ReadOmFile(path_, &bytes).code, ACL_SUCCESS);
  OmModel om;
  ASSERT_EQ(DecodeOm(bytes, /*with_graph=*/true, &om).code, ACL_SUCCESS);
  ASSERT_FALSE(om.weights.bytes.empty());
  const auto load = [](const OmModel& model) {
    const std::string file = EncodeOm(model);
    uint32_t id = 0;
    return aclmdlLoadFromMem(file.data(), file.size(), &id);
  };
  OmModel cut = om;
  cut.weights.bytes.remove_suffix(om.weights.bytes.size());
  EXPECT_EQ(load(cut), ACL_ERROR_PARSE_MODEL);
  EXPECT_NE(Message().find("cannot be compiled"), std::string::npos);
  OmModel spoilt = om;
  spoilt.graph.resize(om.graph.size() / 2);
  EXPECT_EQ(load(spoilt), ACL_ERROR_PARSE_MODEL);
  EXPECT_NE(Message().find(om.name), std::string::npos);
  EXPECT_EQ(load(om), ACL_SUCCESS) << Message();
}

std::vector<uint8_t> Ramp(size_t size) {
  std::vector<uint8_t> bytes(size);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

TEST_F(GearKindsTest, StaticAippTakesAPicture) {
  const std::string file = Keep(WriteFile(".cfg",
                                          "aipp_op {\n aipp_mode: static\n"
                                          " input_format: RGB888_U8\n src_image_size_w: 4\n"
                                          " src_image_size_h: 3\n crop: true\n"
                                          " load_start_pos_w: 1\n load_start_pos_h: 1\n"
                                          " crop_size_w: 2\n crop_size_h: 2\n"
                                          " min_chn_0: 1\n var_reci_chn_2: 0.5\n}\n"));
  const uint32_t id = Compile(LinearOnnxOf({0, 3, 2, 2}, 1, 0),
                              "--input_format=NCHW --input_shape=x:-1,3,2,2"
                              " --dynamic_batch_size=1,2 --insert_op_conf=" +
                                  file);
  EXPECT_EQ(aclmdlGetInputDataType(desc_, 0), ACL_UINT8);
  EXPECT_EQ(aclmdlGetInputFormat(desc_, 0), ACL_FORMAT_NHWC);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 0), 2u * 3 * 4 * 3);
  EXPECT_EQ(Dims(aclmdlGetInputDims), (std::vector<int64_t>{-1, 3, 4, 3}));
  EXPECT_EQ(Dims(aclmdlGetInputDimsV2), (std::vector<int64_t>{-1, 3, 4, 3}));
  void* x = Device(72);
  void* y = Device(96);
  const std::vector<uint8_t> picture = Ramp(72);
  ASSERT_EQ(aclrtMemcpy(x, 72, picture.data(), 72, ACL_MEMCPY_HOST_TO_DEVICE), ACL_SUCCESS);
  aclmdlDataset* input = DatasetOf({{x, 72}, {Device(8), 8}});
  ASSERT_EQ(aclmdlSetDynamicBatchSize(id, input, 1, 2), ACL_SUCCESS);
  ASSERT_EQ(aclmdlExecute(id, input, DatasetOf({{y, 96}})), ACL_SUCCESS) << Message();
  const std::vector<float> values = ToHost(y, 24);
  // The first pixel of the crop is row 1, column 1: bytes 15, 16, 17; the next 18, 19, 20.
  EXPECT_EQ(values[0], 14);
  EXPECT_EQ(values[1], 17);
  EXPECT_EQ(values[2], 26);
  EXPECT_EQ(values[4], 16);
  EXPECT_EQ(values[8], 8.5f);
  EXPECT_EQ(values[12], 14 + 36);

  aclmdlInputAippType type = ACL_DATA_WITHOUT_AIPP;
  size_t attached = 0;
  ASSERT_EQ(aclmdlGetAippType(id, 0, &type, &attached), ACL_SUCCESS);
  EXPECT_EQ(type, ACL_DATA_WITH_STATIC_AIPP);
  EXPECT_EQ(attached, static_cast<size_t>(ACL_INVALID_NODE_INDEX));
  const auto info = std::make_unique<aclAippInfo>();
  ASSERT_EQ(aclmdlGetFirstAippInfo(id, 0, info.get()), ACL_SUCCESS);
  EXPECT_EQ(info->inputFormat, ACL_RGB888_U8);
  EXPECT_EQ(info->srcImageSizeW, 4);
  EXPECT_EQ(info->cropSizeH, 2);
  EXPECT_EQ(info->shapeCount, 2u);
  EXPECT_EQ(info->outDims[1].srcSize, 72u);
  EXPECT_EQ(info->outDims[1].aippOutSize, 96u);
  EXPECT_EQ(aclmdlGetFirstAippInfo(id, 1, info.get()), ACL_ERROR_NOT_STATIC_AIPP);
}

TEST_F(GearKindsTest, YuvPictureHasThreeHalvesOfTheRows) {
  const std::string file = Keep(WriteFile(
      ".cfg", "aipp_op { aipp_mode: static input_format: YUV420SP_U8 csc_switch: true }"));
  const uint32_t id = Compile(LinearOnnxOf({1, 3, 0, 0}, 1, 0),
                              "--input_format=NCHW --input_shape=x:1,3,-1,-1"
                              " --dynamic_image_size=\"2,2;4,4\" --insert_op_conf=" +
                                  file);
  EXPECT_EQ(aclmdlGetInputSizeByIndex(desc_, 0), 24u);
  EXPECT_EQ(Dims(aclmdlGetInputDims), (std::vector<int64_t>{1, -1, -1, 3}));
  EXPECT_EQ(Dims(aclmdlGetInputDimsV2), (std::vector<int64_t>{1, -1, -1, 1}));
  void* x = Device(24);
  void* y = Device(192);
  const std::vector<uint8_t> grey = {116, 116, 116, 116, 128, 128};
  ASSERT_EQ(aclrtMemcpy(x, 6, grey.data(), 6, ACL_MEMCPY_HOST_TO_DEVICE), ACL_SUCCESS);
  aclmdlDataset* input = DatasetOf({{x, 24}, {Device(16), 16}});
  ASSERT_EQ(aclmdlSetDynamicHWSize(id, input, 1, 2, 2), ACL_SUCCESS) << Message();
  ASSERT_EQ(aclmdlExecute(id, input, DatasetOf({{y, 192}})), ACL_SUCCESS) << Message();
  EXPECT_EQ(ToHost(y, 12), std::vector<float>(12, 116));  // 298 * 100 >> 8
}

TEST_F(GearKindsTest, DynamicAippIsRefused) {
  const std::string file = Keep(WriteFile(".cfg",
                                          "aipp_op {\n aipp_mode: dynamic\n"
                                          " max_src_image_size: 1000\n}\n"));
  EXPECT_NE(Refusal(LinearOnnxOf({1, 3, 2, 2}, 1, 0), "--insert_op_conf=" + file)
                .find("line 2: aipp_mode is \"dynamic\""),
            std::string::npos);
  EXPECT_NE(Refusal(LinearOnnxOf({1, 3, 2, 2}, 1, 0), "--insert_op_conf=/nonexistent.cfg")
                .find("cannot read"),
            std::string::npos);
  EXPECT_EQ(aclmdlCreateAIPP(0), nullptr);
  aclmdlAIPP* aipp = aclmdlCreateAIPP(1);
  ASSERT_NE(aipp, nullptr);
  EXPECT_EQ(aclmdlSetAIPPSrcImageSize(aipp, 4, 4), ACL_SUCCESS);
  EXPECT_EQ(aclmdlSetAIPPSrcImageSize(aipp, 0, 4), ACL_ERROR_INVALID_PARAM);
  const uint32_t id = Load({});
  aclmdlDataset* input = DatasetOf({{Device(16), 16}});
  EXPECT_EQ(aclmdlSetInputAIPP(id, input, 0, aipp), ACL_ERROR_GE_AIPP_NOT_EXIST);
  EXPECT_EQ(aclmdlSetAIPPByInputIndex(id, input, 0, aipp), ACL_ERROR_GE_AIPP_NOT_EXIST);
  EXPECT_EQ(aclmdlSetInputAIPP(id, nullptr, 0, aipp), ACL_ERROR_INVALID_PARAM);
  EXPECT_EQ(aclmdlDestroyAIPP(aipp), ACL_SUCCESS);
  EXPECT_EQ(aclmdlDestroyAIPP(aipp), ACL_ERROR_INVALID_PARAM);
}

}  // namespace
}  // namespace hostacl::testing
