// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "inference/grpc_service.pb.h"
#include "pipelines/base/tensor.h"
#include "server/metrics/infer_statistics.h"

namespace omserve::kserve {

// A ModelInferResponse on its way: the values of tensors stay where they are until gRPC has sent
// them. Thread-compatible.
class InferAnswer {
 public:
  // 'stage' is empty when the model is a whole pipeline.
  explicit InferAnswer(std::string stage = {}) : stage_(std::move(stage)) {}

  // As RequestRun wants them.
  void set_model(const std::string& pipeline);
  void set_version(const std::string& version) { head_.set_model_version(version); }
  void set_request_id(const std::string& id) { head_.set_id(id); }
  RequestTimes* mutable_timing() { return &times_; }

  // Tensors, in the order of the answer.
  void Add(const std::string& name, std::string_view datatype, const Shape& shape,
           HostTensor values);
  void Add(const std::string& name, std::string_view datatype, const Shape& shape,
           std::string values);
  template <typename T>
  void Add(const std::string& name, std::string_view datatype, const Shape& shape,
           const std::vector<T>& values) {
    Add(name, datatype, shape,
        std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
  }
  // Only those that the request names, in its order, if it names some. REQUIRES: no name twice.
  void Keep(const inference::ModelInferRequest& request);

  void SetParameter(const std::string& name, int64_t value);
  void SetParameter(const std::string& name, double value);
  void SetParameter(const std::string& name, bool value);
  // Where the time went, as parameters in microseconds.
  void AddTimes();

  const inference::ModelInferResponse& head() const { return head_; }
  const RequestTimes& times() const { return times_; }

  // The message; as part of a ModelStreamInferResponse when 'in_stream'. The answer is empty then.
  grpc::ByteBuffer Release(bool in_stream);

 private:
  using Values = std::variant<std::string, HostTensor>;
  inference::ModelInferResponse::InferOutputTensor& AddOutput(const std::string& name,
                                                              std::string_view datatype,
                                                              const Shape& shape);

  std::string stage_;
  inference::ModelInferResponse head_;  // without raw_output_contents
  std::vector<Values> values_;          // by output
  RequestTimes times_;
};

// A ModelStreamInferResponse for a request that failed.
grpc::ByteBuffer StreamError(const std::string& text, const std::string& id);

}  // namespace omserve::kserve
