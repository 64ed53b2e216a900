// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hostacl {

// One operator of an ONNX graph, those of subgraphs included.
struct OnnxNode {
  std::string name;  // may be empty
  std::string op;
  std::string domain;  // empty for ONNX's own
  std::vector<std::string> outputs;

  // How a person finds it: its name, or its first output where it has none.
  std::string Label() const;
};

// A tensor whose bytes lie in another file.
struct OnnxExternal {
  std::string tensor;
  std::string location;  // relative to the folder of the ONNX file
  uint64_t offset = 0;
  uint64_t length = 0;  // bytes; zero: to the end of the file
};

// What atc needs to know of an ONNX file besides what the engine reads. A value; thread-compatible.
struct OnnxFile {
  std::vector<OnnxNode> nodes;
  std::vector<OnnxExternal> externals;
  std::map<std::string, int64_t> opsets;  // by domain

  // Nodes of this operator, in the order of the file.
  std::vector<const OnnxNode*> NodesOf(const std::string& op) const;
  // The node with this label or name; null when there is none.
  const OnnxNode* FindNode(const std::string& name) const;
};

// Reads the file without its weights. False and a message that names the file in `problem`.
bool ReadOnnxFile(const std::string& path, OnnxFile* file, std::string* problem);

}  // namespace hostacl
