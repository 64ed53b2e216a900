// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "acl/acl_base.h"
#include "digest.h"

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

// What a .om file says. A value; thread-compatible.
struct OmModel {
  std::string name;  // the stem of atc's --output
  std::string soc;
  bool half_precision = true;   // weights, inputs and outputs are rounded to fp16
  std::vector<uint64_t> gears;  // ascending; empty: a static model
  std::vector<OmTensor> inputs;
  std::vector<OmTensor> outputs;
  // Batched tensors of a static model have their batch in `dims`; this says which they are.
  uint64_t static_batch = 1;
  size_t work_size = 0;
  size_t weight_size = 0;
  std::string graph;  // ONNX bytes
  Digest digest;      // of the whole content; set by DecodeOm

  uint64_t max_batch() const { return gears.empty() ? static_batch : gears.back(); }
};

// Why a file was refused.
struct OmProblem {
  aclError code = ACL_SUCCESS;
  std::string message;
};

// The bytes of a .om file: the documented header, then our own content.
std::string EncodeOm(const OmModel& model);

// Reads EncodeOm's bytes. `with_graph` false checks and reads all but the graph.
OmProblem DecodeOm(std::string_view bytes, bool with_graph, OmModel* model);

// The whole file into `bytes`.
OmProblem ReadOmFile(const std::string& path, std::string* bytes);

}  // namespace hostacl
