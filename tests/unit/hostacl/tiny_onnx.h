// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "om_file.h"

namespace hostacl::testing {

// Writes protobuf by hand: just enough for an ONNX file. A value; single-thread.
class ProtoWriter {
 public:
  ProtoWriter& Number(int field, uint64_t value) {
    Varint(static_cast<uint64_t>(field) << 3);
    Varint(value);
    return *this;
  }
  ProtoWriter& Bytes(int field, const std::string& value) {
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
  return ProtoWriter().Number(2, 1).Bytes(8, name).Bytes(9, raw).str();
}

inline std::string OnnxNode(const std::string& op, const std::vector<std::string>& inputs,
                            const std::string& output) {
  ProtoWriter node;
  for (const std::string& input : inputs) node.Bytes(1, input);
  return node.Bytes(2, output).Bytes(3, op).Bytes(4, op).str();
}

// A float tensor; dims of zero are free.
inline std::string OnnxTensor(const std::string& name, const std::vector<int64_t>& dims) {
  ProtoWriter shape;
  for (size_t i = 0; i < dims.size(); ++i) {
    const ProtoWriter dim = dims[i] == 0 ? ProtoWriter().Bytes(2, "N" + std::to_string(i))
                                         : ProtoWriter().Number(1, static_cast<uint64_t>(dims[i]));
    shape.Bytes(1, dim.str());
  }
  const std::string tensor = ProtoWriter().Number(1, 1).Bytes(2, shape.str()).str();
  return ProtoWriter().Bytes(1, name).Bytes(2, ProtoWriter().Bytes(1, tensor).str()).str();
}

inline std::string OnnxFile(const ProtoWriter& graph) {
  const std::string opset = ProtoWriter().Number(2, 13).str();
  return ProtoWriter().Number(1, 8).Bytes(7, graph.str()).Bytes(8, opset).str();
}

// The ONNX file of y = x * scale + offset over any dims; zeros are free.
inline std::string LinearOnnxOf(const std::vector<int64_t>& dims, float scale, float offset) {
  return OnnxFile(ProtoWriter()
                      .Bytes(1, OnnxNode("Mul", {"x", "scale"}, "scaled"))
                      .Bytes(1, OnnxNode("Add", {"scaled", "offset"}, "y"))
                      .Bytes(2, "linear")
                      .Bytes(5, OnnxScalar("scale", scale))
                      .Bytes(5, OnnxScalar("offset", offset))
                      .Bytes(11, OnnxTensor("x", dims))
                      .Bytes(12, OnnxTensor("y", dims)));
}

// The ONNX file of y = a x b, matrices of free sizes; b has `width` columns.
inline std::string ProductOnnx(int64_t width) {
  return OnnxFile(ProtoWriter()
                      .Bytes(1, OnnxNode("MatMul", {"a", "b"}, "y"))
                      .Bytes(2, "product")
                      .Bytes(11, OnnxTensor("a", {0, 0}))
                      .Bytes(11, OnnxTensor("b", {0, width}))
                      .Bytes(12, OnnxTensor("y", {0, width})));
}

// The ONNX file of y = x * scale + offset over [batch, width].
inline std::string LinearOnnx(int64_t batch, int64_t width, float scale, float offset) {
  return LinearOnnxOf({batch, width}, scale, offset);
}

// The .om of LinearOnnx. No gears: a static model with the batch `static_batch`.
struct LinearOptions {
  std::string name = "linear";
  std::vector<uint64_t> gears = {};
  int64_t static_batch = 1;
  int64_t width = 4;
  float scale = 2;
  float offset = 1;
  bool half_precision = false;
};

inline std::string LinearOm(const LinearOptions& options) {
  OmModel om;
  om.name = options.name;
  om.soc = "Ascend310P3";
  om.precision = options.half_precision ? Precision::kHalf : Precision::kOrigin;
  om.static_batch = static_cast<uint64_t>(options.static_batch);
  const int64_t batch = options.gears.empty() ? options.static_batch : -1;
  om.inputs = {{.name = "x", .dims = {batch, options.width}}};
  om.outputs = {{.name = "Add:0:y", .dims = {batch, options.width}}};
  if (!options.gears.empty()) om.SetBatchGears(options.gears);
  om.work_size = 1024;
  om.weight_size = 512;
  om.graph = LinearOnnx(batch == -1 ? 0 : batch, options.width, options.scale, options.offset);
  return EncodeOm(om);
}

}  // namespace hostacl::testing
