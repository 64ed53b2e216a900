// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_file.h"

#include <gtest/gtest.h>

#include "tiny_onnx.h"

namespace hostacl {
namespace {

TEST(OmFileTest, ReadsWhatItWrote) {
  const std::string bytes = testing::LinearOm({.name = "backbone", .gears = {1, 2, 4}});
  OmModel om;
  ASSERT_EQ(DecodeOm(bytes, true, &om).code, ACL_SUCCESS);
  EXPECT_EQ(om.name, "backbone");
  EXPECT_EQ(om.kind, GearKind::kBatch);
  EXPECT_EQ(om.gears, (std::vector<std::vector<uint64_t>>{{1}, {2}, {4}}));
  EXPECT_EQ(om.LargestGear(), 2u);
  EXPECT_EQ(om.inputs[0].BytesAt(2), 4u * 4 * 4);
  EXPECT_EQ(om.graph, testing::LinearOnnx(0, 4, 2, 1));
  EXPECT_EQ(bytes.substr(0, 4), "IMOD");
}

TEST(OmFileTest, SizesAloneNeedNoGraph) {
  OmModel om;
  ASSERT_EQ(DecodeOm(testing::LinearOm({}), false, &om).code, ACL_SUCCESS);
  EXPECT_TRUE(om.graph.empty());
  EXPECT_EQ(om.work_size, 1024u);
}

TEST(OmFileTest, EveryCutIsRefused) {
  const std::string bytes = testing::LinearOm({});
  OmModel om;
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeOm(std::string_view(bytes).substr(0, size), true, &om).code,
              ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID)
        << size;
  }
}

TEST(OmFileTest, EveryFlippedContentByteIsRefused) {
  const std::string good = testing::LinearOm({});
  OmModel om;
  for (size_t at = 256; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    EXPECT_NE(DecodeOm(bytes, true, &om).code, ACL_SUCCESS) << at;
  }
}

TEST(OmFileTest, ForeignFilesAreToldApart) {
  OmModel om;
  EXPECT_EQ(DecodeOm(std::string(1000, 'x'), true, &om).code, ACL_ERROR_PARSE_MODEL);
  std::string card = testing::LinearOm({});
  card[256] = 'X';
  const OmProblem problem = DecodeOm(card, true, &om);
  EXPECT_EQ(problem.code, ACL_ERROR_DESERIALIZE_MODEL);
  EXPECT_NE(problem.message.find("atc"), std::string::npos);
}

TEST(OmFileTest, MissingFileIsABadPath) {
  std::string bytes;
  EXPECT_EQ(ReadOmFile("/nonexistent/x.om", &bytes).code, ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID);
}

}  // namespace
}  // namespace hostacl
