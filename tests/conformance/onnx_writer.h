// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

// Writes protobuf by hand: just enough for an ONNX file of a few nodes. A value; single-thread.
class OnnxWriter {
 public:
  OnnxWriter& Number(int field, uint64_t value) {
    Varint(static_cast<uint64_t>(field) << 3);
    Varint(value);
    return *this;
  }
  OnnxWriter& Bytes(int field, std::string_view value) {
    Varint((static_cast<uint64_t>(field) << 3) | 2);
    Varint(value.size());
    bytes_ += value;
    return *this;
  }
  const std::string& str() const { return bytes_; }

 private:
  void Varint(uint64_t value) {
    while (value >= 0x80) {
      bytes_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

inline std::string OnnxScalar(const std::string& name, float value) {
  std::string raw(sizeof value, '\0');
  std::memcpy(raw.data(), &value, sizeof value);
  return OnnxWriter().Number(2, 1).Bytes(8, name).Bytes(9, raw).str();
}

inline std::string OnnxNode(const std::string& op, const std::vector<std::string>& inputs,
                            const std::string& output) {
  OnnxWriter node;
  for (const std::string& input : inputs) node.Bytes(1, input);
  return node.Bytes(2, output).Bytes(3, op).Bytes(4, op).str();
}

// A float tensor; a dimension of -1 is free.
inline std::string OnnxTensor(const std::string& name, const std::vector<int64_t>& dims) {
  OnnxWriter shape;
  for (size_t i = 0; i < dims.size(); ++i) {
    OnnxWriter dim;
    if (dims[i] < 0) {
      dim.Bytes(2, "d" + std::to_string(i));
    } else {
      dim.Number(1, static_cast<uint64_t>(dims[i]));
    }
    shape.Bytes(1, dim.str());
  }
  const std::string tensor = OnnxWriter().Number(1, 1).Bytes(2, shape.str()).str();
  return OnnxWriter().Bytes(1, name).Bytes(2, OnnxWriter().Bytes(1, tensor).str()).str();
}

// y = x * scale + offset, element by element, over any shape.
struct LinearGraph {
  std::vector<int64_t> dims;
  float scale = 2;
  float offset = 1;
  std::string input = "x";
};

inline std::string LinearOnnx(const LinearGraph& linear) {
  const std::string graph = OnnxWriter()
                                .Bytes(1, OnnxNode("Mul", {linear.input, "scale"}, "scaled"))
                                .Bytes(1, OnnxNode("Add", {"scaled", "offset"}, "y"))
                                .Bytes(2, "linear")
                                .Bytes(5, OnnxScalar("scale", linear.scale))
                                .Bytes(5, OnnxScalar("offset", linear.offset))
                                .Bytes(11, OnnxTensor(linear.input, linear.dims))
                                .Bytes(12, OnnxTensor("y", linear.dims))
                                .str();
  const std::string opset = OnnxWriter().Number(2, 13).str();
  return OnnxWriter().Number(1, 8).Bytes(7, graph).Bytes(8, opset).str();
}

}  // namespace conformance
