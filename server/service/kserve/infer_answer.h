// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/arena.h>
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
// them. Cheap to move. Thread-compatible.
class InferAnswer {
 public:
  // 'stage' is empty when the model is a whole pipeline.
  explicit InferAnswer(std::string stage = {}) : stage_(std::move(stage)) {}

  // As RequestRun wants them.
  void set_model(const std::string& pipeline);
  void set_version(const std::string& version) { version_ = version; }
  void set_request_id(const std::string& id) { id_ = id; }
  RequestTimes* mutable_timing() { return &times_; }

  // Tensors, in the order of the answer. 'datatype' lives for ever.
  void Add(std::string name, std::string_view datatype, Shape shape, HostTensor values);
  void Add(std::string name, std::string_view datatype, Shape shape, std::string values);
  template <typename T>
  void Add(std::string name, std::string_view datatype, Shape shape, const std::vector<T>& values) {
    Add(std::move(name), datatype, std::move(shape),
        std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
  }
  // Only those of these names, in this order; all when there are none. REQUIRES: no name twice.
  void Keep(const std::vector<std::string>& names);

  void SetParameter(std::string name, int64_t value);
  void SetParameter(std::string name, double value);
  void SetParameter(std::string name, bool value);
  // Where the time went, as parameters in microseconds.
  void AddTimes();

  const RequestTimes& times() const { return times_; }

  // The message; as part of a ModelStreamInferResponse when 'in_stream'. The answer is empty then.
  grpc::ByteBuffer Release(bool in_stream);

 private:
  using Values = std::variant<std::string, HostTensor>;
  struct Output {
    std::string name;
    std::string_view datatype;
    Shape shape;
    Values values;
  };
  struct Parameter {
    std::string name;
    std::variant<int64_t, double, bool> value;
  };

  // All but the values.
  const inference::ModelInferResponse& Head(google::protobuf::Arena& memory) const;

  std::string stage_;
  std::string model_;
  std::string version_;
  std::string id_;
  std::vector<Output> outputs_;
  std::vector<Parameter> parameters_;
  RequestTimes times_;
};

// A ModelStreamInferResponse for a request that failed.
grpc::ByteBuffer StreamError(const std::string& text, const std::string& id);

}  // namespace omserve::kserve
