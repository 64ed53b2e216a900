// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Traps 32 and 34: names in a model, and files that are no model.
#include <cstring>

#include "session.h"

namespace conformance {
namespace {

using Trap32 = Session;
using Trap34 = Session;

TEST_F(Trap32, LongNamesAreReplacedAndMapBack) {
  const uint32_t id = Load("long_name");
  const std::string original(160, 'n');
  Description desc(id);
  aclmdlIODims dims;
  ASSERT_EQ(aclmdlGetInputDims(desc.get(), 0, &dims), ACL_SUCCESS);
  const std::string name = dims.name;
  EXPECT_LT(name.size(), 128u);
  EXPECT_EQ(name.rfind("acl_modelId_" + std::to_string(id) + "_input_0", 0), 0u) << name;
  const char* real = aclmdlGetTensorRealName(desc.get(), name.c_str());
  ASSERT_NE(real, nullptr);
  EXPECT_EQ(std::string(real), original);
}

TEST_F(Trap32, OutputNamesAreNotThoseOfTheOnnxFile) {
  Description desc(Load("linear"));
  const char* output = aclmdlGetOutputNameByIndex(desc.get(), 0);
  ASSERT_NE(output, nullptr);
  size_t index = 99;
  EXPECT_EQ(aclmdlGetOutputIndexByName(desc.get(), output, &index), ACL_SUCCESS);
  EXPECT_EQ(index, 0u);
  EXPECT_STREQ(aclmdlGetInputNameByIndex(desc.get(), 0), "x");
  EXPECT_EQ(aclmdlGetInputIndexByName(desc.get(), "x", &index), ACL_SUCCESS);
  EXPECT_EQ(aclmdlGetInputNameByIndex(desc.get(), 7) == nullptr ||
                *aclmdlGetInputNameByIndex(desc.get(), 7) == '\0',
            true);
  EXPECT_NE(aclmdlGetInputIndexByName(desc.get(), "nobody", &index), ACL_SUCCESS);
  NEEDS_HOSTACL("a card's atc may keep a name");
  EXPECT_STRNE(output, "y");
  EXPECT_NE(aclmdlGetOutputIndexByName(desc.get(), "y", &index), ACL_SUCCESS);
}

aclError LoadBytes(const std::string& bytes) {
  uint32_t id = 0;
  const aclError error = aclmdlLoadFromMem(bytes.data(), bytes.size(), &id);
  if (error == ACL_SUCCESS) {
    EXPECT_EQ(aclmdlUnload(id), ACL_SUCCESS);
  }
  return error;
}

TEST_F(Trap34, FilesThatAreNoModelAreRefused) {
  const std::string good = FileContent(ModelPath("linear"));
  ASSERT_GT(good.size(), 256u);
  EXPECT_EQ(good.substr(0, 4), "IMOD");
  EXPECT_EQ(LoadBytes(good), ACL_SUCCESS);
  std::string wrong_magic = good;
  wrong_magic[0] = 'X';
  const std::string cut_in_header = good.substr(0, 100);
  const std::string cut_at_end = good.substr(0, good.size() - 1);
  const std::string cut_in_half = good.substr(0, good.size() / 2);
  for (const std::string& bad : {wrong_magic, cut_in_header, cut_at_end, cut_in_half,
                                 std::string("IMOD"), std::string(4096, '\0')}) {
    const aclError code = LoadBytes(bad);
    EXPECT_TRUE(IsOneOf(
        code, {ACL_ERROR_DESERIALIZE_MODEL, ACL_ERROR_PARSE_MODEL, ACL_ERROR_READ_MODEL_FAILURE,
               ACL_ERROR_MODEL_SIZE_INVALID, ACL_ERROR_MODEL_MISSING_ATTR,
               ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID, ACL_ERROR_GE_EXEC_MODEL_ADDR_INVALID,
               ACL_ERROR_GE_LOAD_MODEL, ACL_ERROR_GE_PARAM_INVALID, ACL_ERROR_INVALID_PARAM}))
        << code << " for " << bad.size() << " bytes";
    EXPECT_FALSE(Message().empty());
  }
  uint32_t id = 0;
  EXPECT_TRUE(IsOneOf(aclmdlLoadFromFile("/nonexistent/model.om", &id),
                      {ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID, ACL_ERROR_INVALID_FILE}));
  const std::string file = WriteTemporary("cut.om", cut_in_half);
  EXPECT_NE(aclmdlLoadFromFile(file.c_str(), &id), ACL_SUCCESS);
  size_t work = 0;
  size_t weight = 0;
  EXPECT_NE(aclmdlQuerySize(file.c_str(), &work, &weight), ACL_SUCCESS);
}

TEST_F(Trap34, DamagedBytesAreFoundOut) {
  NEEDS_HOSTACL("a card's file has no checksum");
  const std::string good = FileContent(ModelPath("linear"));
  // A flip anywhere may be harmless in a reserved field, but never crashes, and in the last half,
  // where the graph is, never passes.
  for (size_t at = 0; at < good.size(); at += 37) {
    std::string damaged = good;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    const aclError code = LoadBytes(damaged);
    if (at > good.size() / 2) {
      EXPECT_NE(code, ACL_SUCCESS) << at;
    }
  }
}

}  // namespace
}  // namespace conformance
