// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "acl/acl_base.h"
#include "digest.h"
#include "om_container.h"

namespace hostacl {

// One input or output of a compiled model. `dims` has -1 in front where the batch goes.
struct OmTensor {
  std::string name;
  aclDataType type = ACL_FLOAT;
  aclFormat format = ACL_FORMAT_ND;
  std::vector<int64_t> dims;

  // The dims at a batch; `batch` is ignored by a tensor without a batch axis.
  std::vector<int64_t> DimsAt(uint64_t batch) const;
  size_t BytesAt(uint64_t batch) const;
  bool batched() const { return !dims.empty() && dims[0] == -1; }
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
  std::vector<uint64_t> gears;   // ascending; empty: a static model
  std::vector<OmTensor> inputs;
  std::vector<OmTensor> outputs;
  // Batched tensors of a static model have their batch in `dims`; this says which they are.
  uint64_t static_batch = 1;
  size_t work_size = 0;
  size_t weight_size = 0;
  std::string graph;  // ONNX, or the engine's text form, which goes with `weights`
  OmWeights weights;
  Digest digest;  // of the whole content; set by DecodeOm

  uint64_t max_batch() const { return gears.empty() ? static_batch : gears.back(); }
};

// The bytes of a .om file with its graph and weights.
std::string EncodeOm(const OmModel& model);

// The metadata partition: a mark and JSON.
std::string EncodeOmMetadata(const OmModel& model);

// Reads EncodeOmMetadata's bytes into all but graph, weights and digest. 100016 when a field is
// missing or wrong, 300000 for more than 128 dims.
OmProblem DecodeOmMetadata(std::string_view bytes, OmModel* model);

// Reads EncodeOm's bytes, with ReadContainer's codes, DecodeOmMetadata's, and 545002 and 545003 for
// a graph or weights that are not there. `with_graph` false checks and reads all but the graph and
// the weights. The weights are copied unless `owner` keeps `bytes` alive.
OmProblem DecodeOm(std::string_view bytes, bool with_graph, OmModel* model,
                   const std::shared_ptr<const void>& owner = nullptr);

// The whole file into `bytes`. 145002 when it cannot be read; an OM2 folder as CheckNoPackage.
OmProblem ReadOmFile(const std::string& path, std::string* bytes);

}  // namespace hostacl
