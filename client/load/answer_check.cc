// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/answer_check.h"

#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/picture_files.h"
#include "inference/grpc_service.pb.h"

namespace omserve::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::DefaultFieldComparator;
using google::protobuf::util::MessageDifferencer;

std::shared_ptr<Message> NewAnswer(ClassSpec::Method method) {
  switch (method) {
    case ClassSpec::Method::kDetect:
      return std::make_shared<v1::DetectResponse>();
    case ClassSpec::Method::kEmbed:
      return std::make_shared<v1::EmbedResponse>();
    case ClassSpec::Method::kRead:
      return std::make_shared<v1::ReadTextResponse>();
    case ClassSpec::Method::kInfer:
      break;
  }
  return std::make_shared<inference::ModelInferResponse>();
}

bool Parse(const grpc::ByteBuffer& bytes, Message* message) {
  grpc::ByteBuffer shared = bytes;  // the reader wants one that it may change
  grpc::ProtoBufferReader reader(&shared);
  return bytes.Valid() && message->ParseFromZeroCopyStream(&reader);
}

bool IsNear(double one, double other) {
  return one == other || (std::isnan(one) && std::isnan(other)) ||
         std::abs(one - other) <=
             AnswerCheck::kTolerance * std::max(1.0, std::max(std::abs(one), std::abs(other)));
}

template <typename Value>
bool AreNear(const std::string& one, const std::string& other) {
  for (size_t at = 0; at + sizeof(Value) <= one.size(); at += sizeof(Value)) {
    Value left;
    Value right;
    std::memcpy(&left, one.data() + at, sizeof(Value));
    std::memcpy(&right, other.data() + at, sizeof(Value));
    if (!IsNear(left, right)) return false;
  }
  return true;
}

bool SameContents(const std::string& datatype, const std::string& one, const std::string& other) {
  if (one.size() != other.size()) return false;
  if (datatype == "FP32") return AreNear<float>(one, other);
  if (datatype == "FP64") return AreNear<double>(one, other);
  return one == other;
}

// Raw contents are bytes to protobuf, numbers to us; the rest is left to the differencer.
bool SameTensors(const inference::ModelInferResponse& one,
                 const inference::ModelInferResponse& other) {
  if (one.raw_output_contents_size() != other.raw_output_contents_size()) return false;
  for (int i = 0; i < one.raw_output_contents_size(); ++i) {
    const std::string datatype = i < one.outputs_size() ? one.outputs(i).datatype() : "";
    if (!SameContents(datatype, one.raw_output_contents(i), other.raw_output_contents(i))) {
      return false;
    }
  }
  return true;
}

bool Same(const Message& one, const Message& other) {
  MessageDifferencer differencer;
  DefaultFieldComparator comparator;
  comparator.set_float_comparison(DefaultFieldComparator::APPROXIMATE);
  comparator.SetDefaultFractionAndMargin(AnswerCheck::kTolerance, AnswerCheck::kTolerance);
  differencer.set_field_comparator(&comparator);
  const google::protobuf::Descriptor& type = *one.GetDescriptor();
  for (const char* name : {"timing", "request_id", "version", "id", "parameters", "model_version",
                           "raw_output_contents"}) {
    if (const FieldDescriptor* field = type.FindFieldByName(name)) differencer.IgnoreField(field);
  }
  if (!differencer.Compare(one, other)) return false;
  const auto* tensors = dynamic_cast<const inference::ModelInferResponse*>(&one);
  return tensors == nullptr ||
         SameTensors(*tensors, dynamic_cast<const inference::ModelInferResponse&>(other));
}

absl::Status Ask(const RequestClass& request_class, size_t number,
                 const std::shared_ptr<grpc::Channel>& channel, Message* answer) {
  grpc::ClientContext context;
  request_class.Prepare(&context);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  const auto reader =
      stub.PrepareUnaryCall(&context, request_class.path(), request_class.body(number), &queue);
  grpc::ByteBuffer bytes;
  grpc::Status status;
  reader->StartCall();
  reader->Finish(&bytes, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);  // the call has a deadline
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  if (!status.ok()) {
    return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  }
  return Parse(bytes, answer) ? absl::OkStatus()
                              : absl::InternalError("the answer is no message of its type");
}

absl::Status Fetch(const RequestClass& request_class, size_t number,
                   const std::shared_ptr<grpc::Channel>& channel, const std::string& folder,
                   Message* answer) {
  if (folder.empty()) return Ask(request_class, number, channel, answer);
  const std::string name = absl::StrCat(
      std::filesystem::path(request_class.spec().name).filename().string(), "-", number, ".answer");
  const std::string path = (std::filesystem::path(folder) / name).string();
  if (std::filesystem::exists(path)) {
    const absl::StatusOr<std::string> bytes = ReadFile(path);
    if (!bytes.ok()) return bytes.status();
    return answer->ParseFromString(*bytes)
               ? absl::OkStatus()
               : absl::InvalidArgumentError(absl::StrCat(path, " holds no such answer"));
  }
  if (absl::Status status = Ask(request_class, number, channel, answer); !status.ok()) {
    return status;
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::ofstream file(path, std::ios::binary);
  file << answer->SerializeAsString();
  return file.flush() ? absl::OkStatus() : absl::UnavailableError("cannot write " + path);
}

}  // namespace

absl::StatusOr<AnswerCheck> AnswerCheck::Make(const std::vector<RequestClass>& classes,
                                              const std::shared_ptr<grpc::Channel>& channel,
                                              const std::string& folder) {
  AnswerCheck check;
  for (const RequestClass& request_class : classes) {
    std::vector<Message>& answers = check.golden_.emplace_back();
    for (size_t number = 0; number < request_class.bodies(); ++number) {
      const std::shared_ptr<google::protobuf::Message> answer =
          NewAnswer(request_class.spec().method);
      const absl::Status status = Fetch(request_class, number, channel, folder, answer.get());
      if (!status.ok()) {
        return absl::Status(
            status.code(), absl::StrCat("golden answer ", number, " of ", request_class.spec().name,
                                        ": ", status.message()));
      }
      answers.push_back(answer);
    }
  }
  return check;
}

bool AnswerCheck::IsRight(size_t request_class, uint64_t number,
                          const grpc::ByteBuffer& answer) const {
  const std::unique_ptr<google::protobuf::Message> parsed(golden_[request_class].front()->New());
  return Parse(answer, parsed.get()) && IsRight(request_class, number, *parsed);
}

bool AnswerCheck::IsRight(size_t request_class, uint64_t number,
                          const google::protobuf::Message& answer) const {
  const std::vector<Message>& answers = golden_[request_class];
  return Same(*answers[number % answers.size()], answer);
}

}  // namespace omserve::client
