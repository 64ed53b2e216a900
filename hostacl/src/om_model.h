// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acl/acl_base.h"
#include "aipp.h"
#include "digest.h"

namespace hostacl {

// What distinguishes the gears of a model: nothing (a static model, or one whose shapes are free),
// the batch, height and width, or any dims.
enum class GearKind { kNone, kBatch, kImage, kDims };

// A picture input: the steps, and what the graph behind them takes.
struct OmAipp {
  Aipp steps = {};
  aclDataType type = ACL_FLOAT;  // ACL_FLOAT or ACL_FLOAT16
  int64_t channels = 3;
  bool channels_first = true;
};

// One input or output of a compiled model, as its caller sees it. A value.
struct OmTensor {
  std::string name;
  aclDataType type = ACL_FLOAT;
  aclFormat format = ACL_FORMAT_ND;
  std::vector<int64_t> dims;  // -1 where the gears differ, or, without gears, where it is open
  std::vector<std::vector<int64_t>> at = {};  // per gear: the values of the -1 dims, in their order
  std::optional<OmAipp> aipp = std::nullopt;  // then type, format and dims are those of the picture
  // Of an open input: the least and the most of each -1 dim, in their order; most -1: no limit.
  std::vector<std::array<int64_t, 2>> ranges = {};

  // `gear` is an index into OmModel::gears; a tensor that is the same at each ignores it.
  std::vector<int64_t> DimsAt(size_t gear) const;
  // Zero for an open tensor.
  size_t BytesAt(size_t gear) const;
  // With every open dim at its most; zero where one has no limit.
  size_t MostBytes() const;
  // The gear at which the tensor has the most bytes.
  size_t LargestGear() const;
  // What the graph takes: DimsAt, or the dims behind AIPP.
  std::vector<int64_t> GraphDimsAt(size_t gear) const;
  bool geared() const { return !at.empty(); }
  // Its shape is told with each execution.
  bool open() const;
};

// What is rounded besides the stage's inputs and float outputs; see Precision in README.md.
enum class Precision {
  kOrigin,    // nothing: fp32
  kHalf,      // inputs, weights and outputs to fp16
  kBfloat16,  // inputs, weights and outputs to bfloat16
  kCubeHalf,  // only what matrix multiplications and convolutions read, to fp16
};

// Constants of a graph in the engine's text form: a view, and whoever keeps the bytes alive.
struct OmWeights {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

// What a .om file says. A value; thread-compatible.
struct OmModel {
  std::string name;  // the stem of atc's --output
  std::string soc;
  Precision precision = Precision::kHalf;
  bool rounded_weights = false;  // atc has rounded the constants already
  GearKind kind = GearKind::kNone;
  // What a setter writes into the gear buffer, per gear: the batch (ascending); height and width;
  // or the values of all -1 dims of all inputs in order. Empty: a model without gears.
  std::vector<std::vector<uint64_t>> gears;
  std::vector<OmTensor> inputs;  // without the gear input
  std::vector<OmTensor> outputs;
  // Of a model without batch gears: the first dim of its first input, else 1.
  uint64_t static_batch = 1;
  size_t work_size = 0;
  size_t weight_size = 0;
  std::string graph;  // ONNX, or the engine's text form, which goes with `weights`
  OmWeights weights;
  Digest digest;  // of the whole content; set by DecodeOm

  // Makes this a model of batch gears; tensors whose first dim is -1 follow the batch.
  void SetBatchGears(const std::vector<uint64_t>& batches);
  // The gear with these values.
  std::optional<size_t> FindGear(const std::vector<uint64_t>& values) const;
  // The numbers that the gear buffer holds.
  size_t gear_values() const { return gears.empty() ? 0 : gears[0].size(); }
  // At least one: a static model counts as one gear, with the index 0.
  size_t gear_count() const { return gears.empty() ? 1 : gears.size(); }
  uint64_t BatchAt(size_t gear) const;
  // An input is open: the model takes any shape in its ranges, at run time.
  bool open() const;
  // The gear at which the inputs together have the most bytes.
  size_t LargestGear() const;
  // How a person writes the gear: "4", "416,416".
  std::string GearText(size_t gear) const;
};

// Values with commas between, as in atc's options.
std::string GearText(const std::vector<uint64_t>& values);

}  // namespace hostacl
