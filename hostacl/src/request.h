// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Only the engine's own files include this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <openvino/openvino.hpp>
#include <string>
#include <vector>

#include "om_model.h"
#include "rounding.h"

namespace hostacl {

// One gear of a load: the engine's request and its tensors. The graph reads and writes the caller's
// memory itself where that holds just what the graph takes or gives; else a tensor of the request
// stands between. Owned by Session. Single-thread; OpenVINO's exceptions leave it.
class Request {
 public:
  // `graph` is `model` compiled at `gear`; `passed` as Graphs::passed. The model outlives the
  // request.
  Request(const OmModel* model, size_t gear, ov::CompiledModel graph, std::vector<size_t> passed);

  // As Session::Run.
  bool Run(const std::vector<const uint8_t*>& inputs, const std::vector<uint8_t*>& outputs,
           std::string* problem);

 private:
  // An input or an output.
  struct Port {
    ov::Tensor own;                   // what the request was made with
    const uint8_t* caller = nullptr;  // the memory that the graph uses now; null: own's
    size_t bytes = 0;                 // of the caller's tensor
    bool plain = false;               // the caller's bytes are the graph's
    // Memory as large as this is cheaper to bind than to copy.
    bool binds() const { return plain && bytes > 4096; }
  };

  void BindInput(size_t index, const uint8_t* memory);
  void BindOutput(size_t index, uint8_t* memory);
  bool WriteInput(size_t index, const uint8_t* from, std::string* problem);
  // Copies what the graph only passes on. False when the caller's memory does not suit that.
  bool PassOn(const std::vector<const uint8_t*>& inputs, const std::vector<uint8_t*>& outputs);
  bool ReadOutput(size_t index, uint8_t* to, std::string* problem);
  // True when output `index` at `memory` shares bytes with an input.
  bool Overlaps(size_t index, const uint8_t* memory,
                const std::vector<const uint8_t*>& inputs) const;

  const OmModel* const model_;
  const size_t gear_;
  const Rounding rounding_;
  std::vector<size_t> passed_;  // by output; empty when something is to be computed
  ov::InferRequest request_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
};

}  // namespace hostacl
