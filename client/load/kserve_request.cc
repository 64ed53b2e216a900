// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/kserve_request.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "inference/grpc_service.grpc.pb.h"

namespace omserve::client {
namespace {

using Stub = inference::GRPCInferenceService::Stub;

constexpr absl::Duration kPatience = absl::Seconds(10);

template <typename Request, typename Response>
absl::Status Ask(const std::shared_ptr<grpc::Channel>& channel, const Access& access,
                 grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                 const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  access.Sign(context);
  const auto stub = inference::GRPCInferenceService::NewStub(channel);
  const grpc::Status status = (stub.get()->*method)(&context, request, response);
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

google::protobuf::Duration Microseconds(double time) {
  google::protobuf::Duration duration;
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(absl::Microseconds(time));
  duration.set_seconds(nanoseconds / 1'000'000'000);
  duration.set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
  return duration;
}

double NumberIn(const inference::InferParameter& parameter) {
  switch (parameter.parameter_choice_case()) {
    case inference::InferParameter::kDoubleParam:
      return parameter.double_param();
    case inference::InferParameter::kInt64Param:
      return static_cast<double>(parameter.int64_param());
    case inference::InferParameter::kUint64Param:
      return static_cast<double>(parameter.uint64_param());
    default:
      return 0;
  }
}

}  // namespace

absl::StatusOr<std::vector<grpc::ByteBuffer>> KserveBodies(const ClassSpec& spec) {
  if (spec.inputs.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(spec.model, ": no inputs"));
  }
  size_t count = 1;
  for (const KserveInput& input : spec.inputs) count = std::max(count, input.texts.size());
  std::vector<grpc::ByteBuffer> bodies;
  for (size_t number = 0; number < count; ++number) {
    inference::ModelInferRequest request;
    request.set_model_name(spec.model);
    if (spec.budget > absl::ZeroDuration()) {
      (*request.mutable_parameters())["timeout"].set_int64_param(
          absl::ToInt64Microseconds(spec.budget));
    }
    if (spec.server_times) (*request.mutable_parameters())["timing"].set_bool_param(true);
    for (const KserveInput& input : spec.inputs) {
      auto& tensor = *request.add_inputs();
      tensor.set_name(input.name);
      tensor.set_datatype(input.datatype);
      for (const int64_t side : input.shape) tensor.add_shape(side);
      absl::StatusOr<std::string> bytes = RawContents(input, number);
      if (!bytes.ok()) return bytes.status();
      request.add_raw_input_contents(*std::move(bytes));
    }
    const grpc::Slice slice(request.SerializeAsString());
    bodies.emplace_back(&slice, 1);
  }
  return bodies;
}

absl::Status DeriveInputs(const std::shared_ptr<grpc::Channel>& channel, const Access& access,
                          ClassSpec* spec) {
  if (!spec->inputs.empty()) return absl::OkStatus();
  inference::ModelMetadataRequest request;
  request.set_name(spec->model);
  inference::ModelMetadataResponse response;
  if (absl::Status status = Ask(channel, access, &Stub::ModelMetadata, request, &response);
      !status.ok()) {
    return status;
  }
  for (const auto& tensor : response.inputs()) {
    KserveInput& input = spec->inputs.emplace_back();
    input.name = tensor.name();
    input.datatype = tensor.datatype();
    for (const int64_t side : tensor.shape()) input.shape.push_back(side < 0 ? 1 : side);
  }
  return absl::OkStatus();
}

absl::Status CheckModelReady(const std::shared_ptr<grpc::Channel>& channel, const Access& access,
                             const std::string& model) {
  inference::ModelReadyRequest request;
  request.set_name(model);
  inference::ModelReadyResponse response;
  const absl::Status status = Ask(channel, access, &Stub::ModelReady, request, &response);
  if (absl::IsUnimplemented(status)) return absl::OkStatus();
  if (!status.ok()) return status;
  return response.ready() ? absl::OkStatus()
                          : absl::UnavailableError(absl::StrCat("model ", model, " is not ready"));
}

bool ReadKserveTiming(const grpc::ByteBuffer& answer, v1::Timing* timing) {
  if (!answer.Valid()) return false;
  grpc::ByteBuffer shared = answer;  // the reader wants one that it may change
  grpc::ProtoBufferReader reader(&shared);
  inference::ModelInferResponse response;
  if (!response.ParseFromZeroCopyStream(&reader)) return false;
  const auto& parameters = response.parameters();
  const auto time = [&parameters](const char* name) {
    const auto found = parameters.find(name);
    return Microseconds(found == parameters.end() ? 0 : NumberIn(found->second));
  };
  if (!parameters.contains("total_us")) return false;
  timing->Clear();
  // 'received' and 'sent' are used as a span alone; where it lies is not told.
  timing->mutable_received();
  const google::protobuf::Duration total = time("total_us");
  timing->mutable_sent()->set_seconds(total.seconds());
  timing->mutable_sent()->set_nanos(total.nanos());
  v1::StageTiming& stage = *timing->add_stages();
  stage.set_stage(response.model_name());
  *stage.mutable_queue() = time("queue_us");
  *stage.mutable_h2d() = time("compute_input_us");
  *stage.mutable_execute() = time("compute_infer_us");
  *stage.mutable_d2h() = time("compute_output_us");
  return true;
}

}  // namespace omserve::client
