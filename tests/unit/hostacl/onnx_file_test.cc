// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "onnx_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "tiny_onnx.h"

namespace hostacl {
namespace {

std::string Written(const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/outline_" + std::to_string(getpid()) + ".onnx";
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(OnnxFileTest, KnowsNodesAndOpsets) {
  OnnxFile file;
  std::string problem;
  ASSERT_TRUE(ReadOnnxFile(Written(testing::LinearOnnx(1, 4, 2, 1)), &file, &problem)) << problem;
  ASSERT_EQ(file.nodes.size(), 2u);
  EXPECT_EQ(file.nodes[0].op, "Mul");
  EXPECT_EQ(file.nodes[0].outputs, std::vector<std::string>{"scaled"});
  EXPECT_EQ(file.opsets.at(""), 13);
  EXPECT_TRUE(file.externals.empty());
  EXPECT_EQ(file.NodesOf("Add").size(), 1u);
  EXPECT_EQ(file.FindNode("Mul"), &file.nodes[0]);
  EXPECT_EQ(file.FindNode("none"), nullptr);
}

TEST(OnnxFileTest, KnowsSubgraphsAndNamelessNodes) {
  using testing::ProtoWriter;
  const std::string inner =
      ProtoWriter().Bytes(1, ProtoWriter().Bytes(2, "z").Bytes(4, "Relu").str()).str();
  const std::string attribute = ProtoWriter().Bytes(1, "then_branch").Bytes(6, inner).str();
  const std::string node =
      ProtoWriter().Bytes(2, "y").Bytes(3, "branch").Bytes(4, "If").Bytes(5, attribute).str();
  OnnxFile file;
  std::string problem;
  const std::string model = ProtoWriter().Bytes(7, ProtoWriter().Bytes(1, node).str()).str();
  ASSERT_TRUE(ReadOnnxFile(Written(model), &file, &problem)) << problem;
  ASSERT_EQ(file.NodesOf("Relu").size(), 1u);
  EXPECT_EQ(file.NodesOf("Relu")[0]->Label(), "z");
}

TEST(OnnxFileTest, EveryCutAndNoFileAreRefused) {
  const std::string bytes = testing::LinearOnnx(1, 4, 2, 1);
  OnnxFile file;
  std::string problem;
  int refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A cut between two top-level fields leaves a whole protobuf; all others are seen.
    if (!ReadOnnxFile(Written(bytes.substr(0, size)), &file, &problem)) ++refused;
  }
  EXPECT_GE(refused, static_cast<int>(bytes.size()) - 3);
  EXPECT_FALSE(ReadOnnxFile("/nonexistent.onnx", &file, &problem));
  EXPECT_NE(problem.find("cannot read"), std::string::npos);
  EXPECT_FALSE(ReadOnnxFile(::testing::TempDir(), &file, &problem));
  EXPECT_FALSE(ReadOnnxFile(Written(std::string(4096, '\xff')), &file, &problem));
}

}  // namespace
}  // namespace hostacl
